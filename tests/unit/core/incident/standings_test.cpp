// What `incidents` answers: what a channel was told, what is held back and why, what comes next.
#include "core/time/time.hpp"
#include "unit/core/incident/alerts.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const IncidentKey key{"postry-ai", "nightly", "backup"};

/// Of that channel, of what fails since three hours.
struct Answers {
    Alerts alerts;
    std::vector<Silence> silences{};
    std::optional<Leader> leader{};

    Answers(Severity severity, int failures) {
        alerts.judged({Alerts::finding("backup", severity, failures)});
        alerts.now += 3h;
    }

    Standing of(const std::string& notifier) const {
        const auto all = standings(
            alerts.open.front(),
            alerts.policy,
            silences,
            alerts.now,
            leader,
            alerts.clock_doubted_before
        );
        for (const Standing& standing : all) {
            if (standing.lane.notifier == notifier) return standing;
        }
        ADD_FAILURE() << notifier << " has no standing";
        return {};
    }
    Instant opened() const { return alerts.open.front().opened_at; }
};

TEST(Standings, tell_when_the_next_reminder_comes) {
    Answers answers(critical, 1);
    const Standing slack = answers.of("slack");
    EXPECT_EQ(slack.told, critical);
    EXPECT_EQ(slack.queued_at, answers.opened());
    EXPECT_EQ(slack.held_back, "");
    EXPECT_EQ(slack.next, "reminded");
    EXPECT_EQ(slack.next_at, answers.opened() + 24h);
}

TEST(Standings, tell_at_how_many_failures_somebody_is_called) {
    Answers answers(critical, 1);
    const Standing pagerduty = answers.of("pagerduty");
    EXPECT_EQ(pagerduty.told, std::nullopt);
    EXPECT_EQ(pagerduty.next, "told at 2 failures in a row");
    EXPECT_EQ(pagerduty.next_at, std::nullopt);
}

TEST(Standings, tell_that_no_step_names_it) {
    Answers answers(critical, 1);
    answers.alerts.policy.steps.pop_back();
    EXPECT_EQ(answers.of("pagerduty").next, "no step of the escalation names it for this");
}

TEST(Standings, tell_that_only_getting_worse_is_told) {
    Answers answers(warning, 1);
    answers.alerts.policy.steps[1].consecutive_failures = 1;
    EXPECT_EQ(answers.of("pagerduty").next, "told when it gets worse");
}

TEST(Standings, tell_that_reminders_pause_once_somebody_has_acknowledged) {
    Answers answers(critical, 1);
    const auto& alerts = answers.alerts;
    answers.alerts.keep(acknowledge(alerts.open.front(), alerts.policy, alerts.now));
    const Instant until = alerts.now + acknowledgement_lasts;
    const Standing slack = answers.of("slack");
    EXPECT_EQ(slack.held_back, "reminders pause until " + in_words(until) + ": acknowledged");
    EXPECT_EQ(slack.next, "reminded");
    EXPECT_EQ(slack.next_at, until);
    EXPECT_EQ(answers.of("pagerduty").held_back, "") << "a step not reached yet comes all the same";
}

TEST(Standings, tell_until_when_it_is_silenced_and_why) {
    Answers answers(critical, 1);
    const Instant until = answers.opened() + 48h;
    answers.silences = {{1, key.database, key.set, "", answers.opened(), until, "moving"}};
    const Standing slack = answers.of("slack");
    EXPECT_EQ(slack.held_back, "silenced until " + in_words(until) + ": moving");
    EXPECT_EQ(slack.next, "reminded");
    EXPECT_EQ(slack.next_at, until);
}

TEST(Standings, tell_what_a_silence_holds_back_from_one_that_was_told_nothing) {
    Answers answers(critical, 1);
    answers.alerts.open.front().finding.failures = 2;
    const Instant until = answers.alerts.now + 1h;
    answers.silences = {{1, key.database, "", "", answers.opened(), until, ""}};
    const Standing pagerduty = answers.of("pagerduty");
    EXPECT_EQ(pagerduty.held_back, "silenced until " + in_words(until));
    EXPECT_EQ(pagerduty.next, "told, if it is still failing");
    EXPECT_EQ(pagerduty.next_at, until);
}

TEST(Standings, tell_with_what_it_is_told) {
    Answers answers(critical, 1);
    answers.leader = Leader{{"postry-ai", "nightly", "source"}, critical};
    const Standing slack = answers.of("slack");
    EXPECT_EQ(slack.held_back, "told with postry-ai/nightly source");
    EXPECT_EQ(slack.next, "told, if it still fails when that is over");
}

/// One that names a channel which was told already.
struct AfterSixHours : Answers {
    AfterSixHours() : Answers(critical, 1) {
        alerts.policy.steps.push_back({.notify = {"slack"}, .duration = 6h});
    }
};

TEST(Standings, tell_a_step_that_comes_before_the_next_reminder) {
    AfterSixHours answers;
    const Standing slack = answers.of("slack");
    EXPECT_EQ(slack.next, "told, if it is still failing");
    EXPECT_EQ(slack.next_at, answers.opened() + 6h);
    EXPECT_EQ(answers.of("email").next, "reminded");
}

TEST(Standings, count_how_long_it_lasts_from_when_the_clock_can_be_trusted) {
    AfterSixHours answers;
    answers.alerts.clock_doubted_before = answers.opened() + 2h;
    EXPECT_EQ(answers.of("slack").next_at, answers.opened() + 8h);
}

}  // namespace
}  // namespace backupwatch
