#include "core/time/slots.hpp"
#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

/// Ten years of the slot decision on a machine whose clock steps, which sleeps, and which is ended
/// at every point. What the daemon does around the decision is a few lines here: decide, open,
/// work, close, wait.
namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration ten_years = 3652 * day;

/// How bad a machine is: of so many waits or works, one meets a step of the clock, one a suspend,
/// one the end of the program.
struct Stream {
    std::string schedule;
    Duration offset;
    int one_in;
    std::size_t least_owed;
    std::uint64_t seed;
};

class Machine {
  public:
    explicit Machine(const Stream& stream)
        : schedule_(std::get<Schedule>(Schedule::parse(stream.schedule))),
          offset_(stream.offset),
          one_in_(stream.one_in),
          random_(stream.seed) {}

    void run_ten_years() {
        const Instant end = true_time_ + ten_years;
        history_ = {.since = now(), .last = now(), .worked = {}};
        const auto is_over = [&] {
            return true_time_ > end && (owed_.empty() || is_begun(owed_.back()));
        };
        while (!is_over() && !testing::Test::HasFailure()) turn();
        for (const Instant slot : owed_) {
            EXPECT_TRUE(is_begun(slot)) << to_rfc3339(slot) << " was never worked";
        }
    }

    int steps = 0;
    int suspends = 0;
    int restarts = 0;
    int interrupted = 0;
    std::size_t owed() const { return owed_.size(); }

  private:
    static Duration::rep key(Instant slot) { return slot.time_since_epoch().count(); }
    Instant now() const { return true_time_ + clock_error_; }
    bool is_begun(Instant slot) const { return begun_.count(key(slot)) == 1; }
    bool chance(int of) { return std::uniform_int_distribution(1, of)(random_) == 1; }
    Duration up_to(Duration most) {
        return Duration(std::uniform_int_distribution<Duration::rep>(1, most.count())(random_));
    }

    void turn() {
        const SlotDecision decision = decide_slot(schedule_, history_, offset_, now());
        check(decision);
        if (decision.interrupted) {
            if (ends_here()) return;
            ++interrupted;
            close(*decision.interrupted);
        } else if (decision.begin) {
            work(*decision.begin);
        } else {
            wait(decision.wake);
        }
    }

    /// What holds of every decision, whatever happened before.
    void check(const SlotDecision& decision) {
        const Instant latest = schedule_.latest(now() - offset_);
        EXPECT_GT(decision.wake, now());
        EXPECT_LE(decision.wake, schedule_.next(now() - offset_) + offset_);
        EXPECT_FALSE(decision.begin && decision.interrupted);
        if (const auto& due = decision.begin) {
            EXPECT_EQ(closed_.count(key(due->slot)), 0u)
                << to_rfc3339(due->slot) << " worked twice";
            EXPECT_EQ(due->attempt > 1, history_.open);
            EXPECT_LE(due->attempt, 3);
            EXPECT_EQ(due->late, now() - due->slot > offset_ + 1min);
            if (!history_.open) {
                EXPECT_EQ(due->slot, latest) << "only the latest missed";
            }
        } else if (!decision.interrupted && latest > history_.since) {
            EXPECT_EQ(closed_.count(key(latest)), 1u) << to_rfc3339(latest) << " left out";
        }
    }

    void work(const DueSlot& due) {
        if (ends_here()) return;  // before it is open
        history_ = opened(std::move(history_), due);
        begun_.insert(key(due.slot));
        if (ends_here()) return;  // as soon as it is open
        true_time_ += chance(50) ? up_to(40min) : up_to(1min);
        if (chance(one_in_)) step_clock();
        if (ends_here()) return;  // in the midst of work
        // What ended us in the midst of a work tends to do it again.
        if (due.attempt > 1 && chance(2)) return;
        true_time_ += up_to(1min);
        if (ends_here()) return;  // before it is closed
        close(due.slot);
    }

    void close(Instant slot) {
        EXPECT_TRUE(history_.open && history_.last == slot);
        history_.open = false;
        EXPECT_TRUE(closed_.insert(key(slot)).second) << to_rfc3339(slot) << " closed twice";
    }

    /// Until `wake` on the clock that is seen; a step of the clock ends it at once, a suspended
    /// machine sees late that it is over.
    void wait(Instant wake) {
        const Instant begin = true_time_;
        const Instant end = wake - clock_error_;
        const Instant middle = begin + (end - begin) / 2;
        if (chance(one_in_)) {
            true_time_ = middle;
            step_clock();
        } else if (chance(one_in_)) {
            ++suspends;
            true_time_ = std::max(end, middle + up_to(3 * day));
        } else {
            true_time_ = end;
            if (clock_error_ == 0s) remember_owed(begin, end);
        }
        ends_here();
    }

    /// The slots that passed while we were there, waiting, with the right clock.
    void remember_owed(Instant begin, Instant end) {
        for (Instant slot = schedule_.next(begin - offset_); slot + offset_ <= end;
             slot = schedule_.next(slot)) {
            owed_.push_back(slot);
        }
    }

    /// The program may be ended here, and started again after a while; `history_` is what is
    /// durable.
    bool ends_here() {
        if (!chance(one_in_)) return false;
        ++restarts;
        true_time_ += chance(5) ? up_to(9 * day) : up_to(20min);
        // A slot that passed, was not yet open, and is no longer the latest when we are back.
        const bool missed = !owed_.empty() && !is_begun(owed_.back());
        if (missed && schedule_.latest(now() - offset_) > owed_.back()) owed_.pop_back();
        return true;
    }

    /// Wrong by a day or ten years, and right again at the next step.
    void step_clock() {
        ++steps;
        const std::array<Duration, 4> errors{-ten_years, -day, day, ten_years};
        const auto error = errors[std::uniform_int_distribution<std::size_t>(0, 3)(random_)];
        clock_error_ = clock_error_ == 0s ? error : 0s;
    }

    Schedule schedule_;
    Duration offset_;
    int one_in_;
    std::mt19937_64 random_;
    Instant true_time_ = parse_rfc3339("2026-11-22T12:34:56Z").value();
    Duration clock_error_{0};
    SlotHistory history_;
    std::unordered_set<Duration::rep> begun_;
    std::unordered_set<Duration::rep> closed_;
    std::vector<Instant> owed_;
};

void PrintTo(const Stream& stream, std::ostream* out) {
    *out << stream.schedule << ", seed " << stream.seed;
}

class TenYears : public testing::TestWithParam<Stream> {};

TEST_P(TenYears, on_a_bad_machine_work_every_slot_once_and_miss_none) {
    Machine machine(GetParam());

    machine.run_ten_years();

    // Else this shows nothing.
    EXPECT_GT(machine.owed(), GetParam().least_owed);
    EXPECT_GT(machine.steps, 20);
    EXPECT_GT(machine.suspends, 20);
    EXPECT_GT(machine.restarts, 100);
    EXPECT_GT(machine.interrupted, 0);
}

INSTANTIATE_TEST_SUITE_P(
    of,
    TenYears,
    testing::Values(
        Stream{"every 15m", 0s, 2000, 100'000, 1},
        Stream{"03:00", 0s, 30, 1'000, 2},
        Stream{"03:00", 10min, 30, 1'000, 3},
        Stream{"03:00, 15:00", 10min, 30, 2'000, 4},
        Stream{"Sun 04:00", 0s, 10, 100, 5},
        Stream{"Sun 04:00", 1h, 10, 100, 6}
    )
);

TEST(TenYearsOfNights, on_a_good_machine_hold_every_leap_day) {
    const Schedule nightly = std::get<Schedule>(Schedule::parse("03:00"));
    Instant now = parse_rfc3339("2026-11-22T12:00:00Z").value();
    SlotHistory history{.since = now, .last = now, .worked = {}};
    std::vector<Instant> nights;
    while (nights.size() < 3653) {
        const SlotDecision decision = decide_slot(nightly, history, 0s, now);
        if (decision.begin) {
            history = opened(history, *decision.begin);
            history.open = false;
            nights.push_back(decision.begin->slot);
        }
        now = decision.wake;
    }

    EXPECT_EQ(to_rfc3339(nights.front()), "2026-11-23T03:00:00Z");
    EXPECT_EQ(to_rfc3339(nights.back()), "2036-11-22T03:00:00Z");
    for (const char* leap_day : {"2028-02-29", "2032-02-29", "2036-02-29"}) {
        const Instant night = parse_rfc3339(std::string(leap_day) + "T03:00:00Z").value();
        EXPECT_TRUE(std::binary_search(nights.begin(), nights.end(), night)) << leap_day;
    }
    EXPECT_EQ(history.worked, (std::vector<SlotStretch>{{nights.front(), nights.back()}}));
}

}  // namespace
}  // namespace backupwatch
