// A hundred database-years of the real judgement, state and delivery on a disk that loses what was
// not synced: ten databases for ten years, with crashes at any write and any send, syncs that fail,
// channels with moods, silences, acknowledgements, reloads, and a clock that is set. What the state
// said was recorded must be there after each of them. A seed replays exactly.
#include "simulation/years.hpp"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>

namespace backupwatch {
namespace {

// Of nights_of_syncs each has a failing sync every other night, and each costs AddressSanitizer,
// which looks for uses of a stack that is gone, a hundred times what it costs by itself.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int nights = 365;
constexpr int nights_of_syncs = 60;
#else
constexpr int nights = 10 * 365;
constexpr int nights_of_syncs = 365;
#endif

/// With the log of its thousands of faults left out.
class LostWrites : public testing::Test {
  protected:
    LostWrites() {
        spdlog::set_level(spdlog::level::off);
        // First: an abort would take it along.
        std::cout << "BACKUPWATCH_SEED=" << seed() << std::endl;
    }
    ~LostWrites() override { spdlog::set_level(level_); }

    static std::uint64_t seed() {
        const char* only = std::getenv("BACKUPWATCH_SEED");
        return only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
    }

  private:
    const spdlog::level::level_enum level_ = spdlog::get_level();
};

TEST_F(LostWrites, lose_nothing_that_was_recorded_and_repeat_nothing_that_was_told) {
    Years years(
        seed(),
        {.loss_of_power = 0.03,
         .failing_sync = 0.05,
         .moody_channel = 0.1,
         .slow_channel = 0.2,
         .clock_is_set = 0.002,
         .someone_handles = 0.03,
         .reload = 0.02}
    );
    years.run(nights);

    EXPECT_GT(years.crashes(), nights / 50) << "too peaceful to prove anything";
    EXPECT_GT(years.failed_syncs(), nights / 50);
    EXPECT_GT(years.handled(), nights / 50);
    EXPECT_GT(years.reloads(), nights / 100);
}

/// What the state would not take waits in memory for a channel that is down, is taken after all,
/// and then power is lost.
TEST_F(LostWrites, of_a_sync_that_failed_are_made_good_before_power_is_lost) {
    Years years(
        seed(),
        {.failing_backup = 0.2,
         .loss_of_power = 0.2,
         .failing_sync = 0.5,
         .moody_channel = 0.5,
         .slow_channel = 0.2,
         .someone_handles = 0.03,
         .reload = 0.02}
    );
    years.run(nights_of_syncs);

    EXPECT_GT(years.crashes(), nights_of_syncs / 10) << "too peaceful to prove anything";
    EXPECT_GT(years.refusals(), nights_of_syncs / 20);
}

/// The process lives, and so knows what the state would not take: nothing comes twice but what a
/// channel did not answer.
TEST_F(LostWrites, of_a_sync_that_failed_are_made_good_by_a_process_that_lives_on) {
    Years years(
        seed(), {.failing_sync = 0.5, .slow_channel = 0.2, .someone_handles = 0.03, .reload = 0.02}
    );
    years.run(nights_of_syncs);

    EXPECT_EQ(years.crashes(), 0);
    EXPECT_GT(years.refusals(), nights_of_syncs / 20) << "too peaceful to prove anything";
    EXPECT_EQ(years.excuses(), 0) << "all channels answer";
    EXPECT_EQ(years.repeated(), 0);
}

}  // namespace
}  // namespace backupwatch
