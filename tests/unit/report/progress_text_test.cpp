#include "report/progress_text.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

TEST(ProgressText, says_how_far_a_phase_is_and_how_long_it_will_take_where_that_is_known) {
    struct Row {
        Progress progress;
        std::chrono::duration<double> elapsed;
        const char* text;
    };
    const Row rows[] = {
        {{"start"}, 3s, "start   "},
        // Nothing is known of the whole.
        {{"dump", 5'000'000}, 3s, "dump     5.00 MB"},
        // A quarter took 5 s, so three quarters take 15.
        {{"restore", 25'000'000, 100'000'000, 1, 4},
         5s,
         "restore  25.0 MB of 100.0 MB (25 %), about 15 s left, 1 of 4 tables"},
        // Too early to tell: a first piece, a first moment.
        {{"restore", 1'000'000, 100'000'000}, 5s, "restore  1.00 MB of 100.0 MB (1 %)"},
        {{"restore", 50'000'000, 100'000'000}, 1s, "restore  50.0 MB of 100.0 MB (50 %)"},
        // An estimate that was too low.
        {{"dump", 120'000'000, 100'000'000}, 9s, "dump     120.0 MB of 100.0 MB (100 %)"},
    };
    for (const Row& row : rows) EXPECT_EQ(progress_text(row.progress, row.elapsed), row.text);
}

}  // namespace
}  // namespace backupwatch
