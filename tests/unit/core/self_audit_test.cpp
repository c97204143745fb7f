// Who relies on us must hear of it when the machinery stands still, and only then.
#include "core/check/self_audit.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Reasons = std::vector<std::string>;

SelfObservation::Notifier notifier(const std::string& name) {
    SelfObservation::Notifier one;
    one.name = name;
    return one;
}

SelfObservation::Notifier failing(const std::string& name, Duration failing_for) {
    SelfObservation::Notifier one = notifier(name);
    one.pending = 2;
    one.waited = failing_for;
    one.is_failing = true;
    one.failing_for = failing_for;
    one.error = "connection refused";
    return one;
}

struct Case {
    const char* name;
    SelfObservation observed;
    Reasons reasons;
};

class SelfAudit : public testing::TestWithParam<Case> {};

TEST_P(SelfAudit, gives_its_reasons) {
    EXPECT_EQ(self_audit(GetParam().observed), GetParam().reasons);
}

SelfObservation with_loop_delay(Duration delay) {
    SelfObservation observed;
    observed.loop_delay = delay;
    return observed;
}

SelfObservation with_quiet_scheduler(Duration quiet) {
    SelfObservation observed;
    observed.scheduler_quiet = quiet;
    return observed;
}

SelfObservation with_quiet_delivery(Duration quiet) {
    SelfObservation observed;
    observed.delivery_quiet = quiet;
    return observed;
}

SelfObservation with_overdue(std::vector<SelfObservation::Overdue> overdue) {
    SelfObservation observed;
    observed.overdue = std::move(overdue);
    return observed;
}

SelfObservation with_store_error() {
    SelfObservation observed;
    observed.store_error = "the disk is full";
    return observed;
}

SelfObservation with_late_judging(Duration late) {
    SelfObservation observed;
    observed.judging_late = late;
    return observed;
}

SelfObservation with_notifiers(std::vector<SelfObservation::Notifier> notifiers) {
    SelfObservation observed;
    observed.notifiers = std::move(notifiers);
    return observed;
}

SelfObservation::Notifier waiting(Duration waited) {
    SelfObservation::Notifier one = notifier("slack");
    one.pending = 3;
    one.waited = waited;
    return one;
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    SelfAudit,
    testing::Values(
        Case{"nothing", SelfObservation(), {}},
        Case{"a_loop_that_turns", with_loop_delay(10s), {}},
        Case{
            "a_loop_that_was_held_up",
            with_loop_delay(25s),
            {"the event loop was held up for 25 s"}},
        Case{"a_scheduler_that_went_by_a_moment_ago", with_quiet_scheduler(5min), {}},
        Case{
            "a_scheduler_that_stands_still",
            with_quiet_scheduler(6min),
            {"the scheduler has stood still for 6 min"}},
        Case{"slots_on_time", with_overdue({{"check of shop/nightly", 5min}}), {}},
        Case{
            "slots_that_do_not_begin",
            with_overdue(
                {{"take of shop/nightly", 12min},
                 {"check of shop/nightly", 1min},
                 {"self of backupwatch", 6min}}
            ),
            {"not begun, though due for up to 12 min: take of shop/nightly and self of "
             "backupwatch"}},
        Case{
            "a_state_that_refuses",
            with_store_error(),
            {"the state cannot be written: the disk is full"}},
        Case{"a_delivery_that_went_by_a_moment_ago", with_quiet_delivery(5min), {}},
        Case{
            "a_delivery_that_stands_still",
            with_quiet_delivery(6min),
            {"nobody has gone through what is to be told for 6 min"}},
        Case{"judging_on_time", with_late_judging(-3h), {}},
        Case{
            "judging_that_stands_still",
            with_late_judging(6min),
            {"incidents should have been judged again 6 min ago"}},
        Case{"an_outbox_that_moves", with_notifiers({waiting(10min)}), {}},
        Case{
            "an_outbox_that_stands_still",
            with_notifiers({waiting(11min)}),
            {"nothing leaves for slack, and nothing says why: 3 notices for 11 min"}},
        Case{
            "one_notifier_that_fails_which_the_others_tell",
            with_notifiers({failing("slack", 2h), notifier("email")}),
            {}},
        Case{
            "all_failing_for_a_moment",
            with_notifiers({failing("slack", 2h), failing("email", 10min)}),
            {}},
        Case{
            "all_failing",
            with_notifiers({failing("slack", 2h), failing("email", 11min)}),
            {"nobody can be told: slack (connection refused) and email (connection refused)"}}
    ),
    [](const auto& one) { return std::string(one.param.name); }
);

TEST(SelfAuditOf, everything_at_once_gives_every_reason) {
    SelfObservation observed = with_store_error();
    observed.loop_delay = 1min;
    observed.judging_late = 1h;
    EXPECT_EQ(self_audit(observed).size(), 3u);
}

struct StandstillCase {
    const char* name;
    SelfObservation observed;
    std::size_t reasons;
};

class Standstill : public testing::TestWithParam<StandstillCase> {};

TEST_P(Standstill, is_what_another_process_would_do_better) {
    EXPECT_EQ(standstills(GetParam().observed).size(), GetParam().reasons);
}

SelfObservation with_a_state_that_refuses(SelfObservation observed) {
    observed.store_error = "the disk is full";
    return observed;
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    Standstill,
    testing::Values(
        StandstillCase{"nothing", SelfObservation(), 0},
        // That it is asked at all proves that the loop turns again.
        StandstillCase{"a_loop_that_was_held_up", with_loop_delay(25s), 0},
        StandstillCase{"a_quiet_scheduler", with_quiet_scheduler(6min), 1},
        StandstillCase{"a_quiet_delivery", with_quiet_delivery(6min), 1},
        StandstillCase{"slots", with_overdue({{"check of shop/nightly", 6min}}), 1},
        StandstillCase{"judging", with_late_judging(6min), 1},
        StandstillCase{"an_outbox", with_notifiers({waiting(11min)}), 1},
        // The next process would find the same, and would have forgotten what is told from memory.
        StandstillCase{"a_state_that_refuses", with_store_error(), 0},
        StandstillCase{
            "slots_that_a_state_refuses",
            with_a_state_that_refuses(with_overdue({{"check of shop/nightly", 6min}})),
            0},
        StandstillCase{
            "judging_that_a_state_refuses", with_a_state_that_refuses(with_late_judging(6min)), 0},
        StandstillCase{
            "a_quiet_scheduler_beside_it",
            with_a_state_that_refuses(with_quiet_scheduler(6min)),
            1},
        StandstillCase{
            "all_notifiers_refusing",
            with_notifiers({failing("slack", 2h), failing("email", 11min)}),
            0}
    ),
    [](const auto& one) { return std::string(one.param.name); }
);

}  // namespace
}  // namespace backupwatch
