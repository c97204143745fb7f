#include "commands/verbs.hpp"
#include "drill/report.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(DrillCommand, exits_1_for_a_drill_that_passed_but_was_slow) {
    using Result = DrillOutcome::Result;
    struct Case {
        Result result;
        double restore_seconds;
        int exit_code;
    };
    for (const Case& row : {
             Case{Result::passed, 9, 0},
             Case{Result::passed, 10, 0},
             Case{Result::passed, 10.001, 1},
             Case{Result::failed, 9, 2},
             Case{Result::failed, 11, 2},
             Case{Result::unknown, 11, 3},
         }) {
        DrillReport report;
        report.result = row.result;
        report.target_seconds = 10;
        // What verifying takes is nobody's restore.
        report.phases = {{"fetch", 1}, {"restore", row.restore_seconds - 1}, {"verify", 100}};
        EXPECT_EQ(exit_code(report), row.exit_code) << row.restore_seconds << " s";
    }
}

}  // namespace
}  // namespace backupwatch
