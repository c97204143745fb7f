// Ten years of the real scheduler and the real store (in memory) on a virtual clock, with what
// machines do to clocks and programs. Each slot must be worked exactly once.
#include "fakes/fake_clock.hpp"
#include "store/store.hpp"
#include "watch/scheduler.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration day = 24h;
constexpr Duration work_takes = 7min;

const Instant start =
    *parse_rfc3339("2023-06-01T12:00:00Z");  // Its ten years hold three leap days.

/// A machine: what is on its disk (the store) outlives the processes that it runs.
class Machine {
  public:
    explicit Machine(unsigned seed) : clock(loop, start), store(Store::in_memory()), random(seed) {
        boot();
    }
    ~Machine() { crash(); }

    void boot() {
        scope = std::make_unique<Scope>(
            loop.get_executor(),
            [](const std::string& name, const std::string& what) {
                ADD_FAILURE() << name << " ended: " << what;
            }
        );
        Scheduler::Events events;
        events.began = [](const StreamKey&, Duration) {};
        events.ended = [](const StreamKey&, SlotResult) {};
        events.interrupted = [this](const StreamKey& key, Instant slot) {
            return close(key, slot);
        };
        events.clock = [](bool) {};
        events.store = [](const std::string& error) { EXPECT_EQ(error, ""); };
        scheduler = std::make_unique<Scheduler>(
            clock, *store, *scope, std::move(events), loop.get_executor()
        );
        scheduler->schedule({stream("daily", "03:00"), stream("weekly", "Sun 04:00")});
        scope->spawn("scheduler", scheduler->run());
        clock.settle();
    }

    /// What was not committed is gone, wherever the work stood.
    void crash() {
        if (!scope) return;
        scope->cancel();
        clock.settle();
        EXPECT_EQ(scope->size(), 0u);
        scheduler.reset();
        scope.reset();
    }

    int worked(const std::string& set, Instant slot) const {
        const auto found = closed.find({set, slot});
        return found == closed.end() ? 0 : found->second;
    }

    asio::io_context loop{1};
    FakeClock clock;
    std::unique_ptr<Store> store;
    std::mt19937 random;
    std::unique_ptr<Scope> scope;
    std::unique_ptr<Scheduler> scheduler;
    std::map<std::pair<std::string, Instant>, int> closed;

  private:
    Stream stream(const std::string& set, const std::string& schedule) {
        const StreamKey key{"shop", set, "take"};
        auto work = [this, key](DueSlot due) { return this->work(key, due); };
        return Stream{key, std::get<Schedule>(Schedule::parse(schedule)), Duration(0), true, work};
    }

    Task<SlotResult> work(StreamKey key, DueSlot due) {
        // One that a clock ahead had begun is begun again after a crash, whatever the clock says.
        const bool is_in_time = due.slot <= clock.now() || due.attempt > 1;
        EXPECT_TRUE(is_in_time) << "begun before its time";
        // Work lasts, it does not wait for a time of day: a clock that is set ends this wait.
        co_await clock.wait(clock.now() + work_takes);
        co_await close(key, due.slot);
        co_return SlotResult::ok;
    }

    Task<> close(StreamKey key, Instant slot) {
        Outcome outcome;
        outcome.database = key.database;
        outcome.set = key.set;
        outcome.at = clock.now();
        outcome.closes = Outcome::Slot{key, slot, "ok"};
        co_await store->commit(std::move(outcome));
        ++closed[{key.set, slot}];
    }
};

/// Every slot of `schedule` in [from, to).
std::vector<Instant> slots(const std::string& schedule, Instant from, Instant to) {
    const Schedule parsed = std::get<Schedule>(Schedule::parse(schedule));
    std::vector<Instant> all;
    for (Instant slot = parsed.next(from - 1ms); slot < to; slot = parsed.next(slot))
        all.push_back(slot);
    return all;
}

TEST(TenYears, of_undisturbed_nights_work_every_slot_once) {
    Machine machine(1);

    machine.clock.advance(3653 * day);

    for (const Instant slot : slots("03:00", start, machine.clock.now() - work_takes)) {
        ASSERT_EQ(machine.worked("daily", slot), 1) << to_rfc3339(slot);
    }
    for (const Instant slot : slots("Sun 04:00", start, machine.clock.now() - work_takes)) {
        ASSERT_EQ(machine.worked("weekly", slot), 1) << to_rfc3339(slot);
    }
    EXPECT_EQ(machine.worked("daily", *parse_rfc3339("2024-02-29T03:00:00Z")), 1);
}

/// A crash at any moment, of the wait, the opening or the work, and a restart soon after.
TEST(TenYears, of_crashes_at_every_point_work_every_slot_once) {
    for (unsigned seed = 1; seed <= 2; ++seed) {
        Machine machine(seed);
        std::uniform_int_distribution<int> minutes(1, 60);
        const Instant end = start + 3653 * day;

        while (machine.clock.now() < end) {
            // Most crashes fall into the work: that is the time of day around the slots.
            const Instant next =
                std::get<Schedule>(Schedule::parse("03:00")).next(machine.clock.now());
            machine.clock.advance(next - machine.clock.now());
            machine.clock.advance(
                Duration(std::uniform_int_distribution<int>(0, 600'000)(machine.random))
            );
            machine.crash();
            machine.clock.advance(std::chrono::minutes(minutes(machine.random)));
            machine.boot();
            machine.clock.advance(1h);
        }

        for (const Instant slot : slots("03:00", start, end - day)) {
            ASSERT_EQ(machine.worked("daily", slot), 1)
                << "seed " << seed << ", " << to_rfc3339(slot);
        }
    }
}

TEST(TenYears, of_outages_catch_up_the_latest_missed_slot_alone) {
    Machine machine(1);
    machine.clock.advance(10 * day);
    machine.crash();
    const Instant down = machine.clock.now();
    machine.clock.advance(5 * day);
    machine.boot();
    machine.clock.advance(1h);

    const auto missed = slots("03:00", down, machine.clock.now());
    ASSERT_EQ(missed.size(), 5u);
    for (std::size_t i = 0; i + 1 < missed.size(); ++i)
        EXPECT_EQ(machine.worked("daily", missed[i]), 0);
    EXPECT_EQ(machine.worked("daily", missed.back()), 1);
}

/// Steps of a day and of ten years, back and forth, with suspends and restarts between: a slot is
/// never worked twice, and every night with the right clock is worked.
TEST(TenYears, of_clock_steps_work_no_slot_twice_and_none_of_the_right_clock_never) {
    for (unsigned seed = 1; seed <= 2; ++seed) {
        Machine machine(seed);
        const std::vector<Duration> steps{day, -day, 3652 * day, -3652 * day};
        Instant truth = start;
        std::vector<Instant> right;  // Slots that passed while the clock was right and stayed so.
        const Instant end = start + 3653 * day;

        while (truth < end) {
            const Duration calm = std::uniform_int_distribution<int>(2, 40)(machine.random) * day;
            for (const Instant slot : slots("03:00", truth + 1h, truth + calm - 1h))
                right.push_back(slot);
            machine.clock.advance(calm);
            truth += calm;

            const Duration step = steps[machine.random() % steps.size()];
            machine.clock.set(truth + step);
            const Duration wrong = std::uniform_int_distribution<int>(1, 72)(machine.random) * 1h;
            machine.clock.advance(wrong);
            truth += wrong;
            if (machine.random() % 2 == 0) {
                machine.crash();
                machine.boot();
            }
            machine.clock.set(truth);
        }

        for (const auto& [slot, times] : machine.closed) {
            ASSERT_EQ(times, 1) << "seed " << seed << ", " << slot.first << " "
                                << to_rfc3339(slot.second);
        }
        for (const Instant slot : right) {
            ASSERT_EQ(machine.worked("daily", slot), 1)
                << "seed " << seed << ", " << to_rfc3339(slot);
        }
    }
}

}  // namespace
}  // namespace backupwatch
