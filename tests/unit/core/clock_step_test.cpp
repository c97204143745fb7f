#include "core/time/clock_step.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

TEST(ClockWatch, trusts_a_clock_that_runs_with_the_machine) {
    ClockWatch watch;
    watch.look({noon, 1h});
    watch.look({noon + 72h, 73h});  // Also over three days of sleep: the machine's time counts it.

    EXPECT_FALSE(watch.jump());
}

TEST(ClockWatch, leaves_a_correction_of_less_than_a_day_alone) {
    ClockWatch watch;
    watch.look({noon, 1h});
    watch.look({noon + 24h, 2h});

    EXPECT_FALSE(watch.jump());
}

TEST(ClockWatch, names_a_jump_ahead_and_a_jump_back) {
    ClockWatch ahead;
    ahead.look({noon, 1h});
    ahead.look({noon + 87600h, 1h});
    EXPECT_EQ(ahead.jump(), Duration(87600h));

    ClockWatch back;
    back.look({noon, 1h});
    back.look({noon - 48h, 1h});
    EXPECT_EQ(back.jump(), Duration(-48h));
}

TEST(ClockWatch, trusts_it_again_after_a_steady_day) {
    ClockWatch watch;
    watch.look({noon, 1h});
    watch.look({noon + 72h, 1h});
    watch.look({noon + 95h, 24h});
    EXPECT_TRUE(watch.jump());

    EXPECT_EQ(watch.steady_since(), noon + 72h);

    watch.look({noon + 96h, 25h});
    EXPECT_FALSE(watch.jump());
    EXPECT_FALSE(watch.steady_since());
}

TEST(ClockWatch, remembers_a_record_from_the_future_for_a_day) {
    ClockWatch watch;
    watch.look({noon, 1h});
    EXPECT_FALSE(watch.has_met_future());

    watch.meet_future({noon, 1h});
    watch.look({noon + 23h, 24h});
    EXPECT_TRUE(watch.has_met_future());

    watch.look({noon + 24h, 25h});
    EXPECT_FALSE(watch.has_met_future());
}

}  // namespace
}  // namespace backupwatch
