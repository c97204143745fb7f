#include "alerts.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

Finding backup(Severity severity, int failures) {
    return Alerts::finding("backup", severity, failures);
}

TEST(Judge, tells_the_story_of_two_failed_nights) {
    Alerts alerts;
    EXPECT_EQ(alerts.judged({backup(ok, 0)}), Lines{});
    EXPECT_EQ(
        alerts.judged({backup(critical, 1)}),
        (Lines{"email problem critical", "slack problem critical"})
    );
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{}) << "a poll is no news";
    alerts.now += 23h;
    EXPECT_EQ(alerts.judged({backup(critical, 2)}), Lines{"pagerduty problem critical"});
    EXPECT_EQ(alerts.judged({backup(critical, 2)}), Lines{});
    alerts.now += 30min;
    EXPECT_EQ(alerts.judged({backup(critical, 3)}), Lines{"pagerduty again critical"});
    EXPECT_EQ(
        alerts.judged({backup(ok, 0)}),
        (Lines{"email recovery critical", "slack recovery critical", "pagerduty recovery critical"})
    );
    EXPECT_EQ(alerts.judged({backup(ok, 0)}), Lines{});
    EXPECT_TRUE(alerts.open.empty());
    EXPECT_EQ(alerts.ended.size(), 1U);
}

TEST(Judge, tells_the_end_to_exactly_those_who_were_told) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    EXPECT_EQ(
        alerts.judged({backup(ok, 0)}),
        (Lines{"email recovery critical", "slack recovery critical"})
    );
}

TEST(Judge, tells_again_what_gets_worse_and_not_what_gets_better) {
    Alerts alerts;
    const auto disk = [](Severity severity) { return Alerts::finding("disk", severity, 1, ""); };
    const auto judged = [&](Severity severity) { return alerts.judged({disk(severity)}, ""); };
    EXPECT_EQ(judged(warning), (Lines{"email problem warning", "slack problem warning"}));
    EXPECT_EQ(judged(critical), (Lines{"email worse critical", "slack worse critical"}));
    EXPECT_EQ(judged(warning), Lines{});
    EXPECT_EQ(judged(critical), Lines{}) << "that was told";
    EXPECT_EQ(judged(ok), (Lines{"email recovery critical", "slack recovery critical"}));
}

TEST(Judge, opens_nothing_while_it_is_only_tried_again) {
    Alerts alerts;
    EXPECT_EQ(alerts.judged({backup(unknown, 0)}), Lines{});
    EXPECT_TRUE(alerts.open.empty());
}

TEST(Judge, lets_an_incident_go_on_through_silence_and_doubt) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    EXPECT_EQ(alerts.judged({}), Lines{}) << "silent: it did not pass";
    EXPECT_EQ(alerts.judged({backup(unknown, 0)}), Lines{}) << "no verdict";
    ASSERT_EQ(alerts.open.size(), 1U);
    EXPECT_EQ(alerts.open.front().finding.severity, critical) << "as it was told";
    EXPECT_EQ(alerts.judged({backup(ok, 0)}).size(), 2U);
}

TEST(Judge, says_once_that_a_check_is_no_longer_watched) {
    Alerts alerts;
    alerts.judged({Alerts::finding("restore", critical, 1)});
    alerts.checks = {"backup"};
    EXPECT_EQ(
        alerts.judged({backup(ok, 0)}),
        (Lines{"email unwatched critical", "slack unwatched critical"})
    );
    EXPECT_TRUE(alerts.open.empty());
}

TEST(Judge, reminds_ever_more_rarely_and_never_by_pager) {
    Alerts alerts;
    alerts.judged({backup(critical, 2)});
    EXPECT_EQ(
        alerts.run(22 * 24h, {backup(critical, 2)}),
        (Lines{
            "2026-11-23T03:05Z email reminder critical",
            "2026-11-23T03:05Z slack reminder critical",
            "2026-11-25T03:05Z email reminder critical",
            "2026-11-25T03:05Z slack reminder critical",
            "2026-11-29T03:05Z email reminder critical",
            "2026-11-29T03:05Z slack reminder critical",
            "2026-12-06T03:05Z email reminder critical",
            "2026-12-06T03:05Z slack reminder critical",
            "2026-12-13T03:05Z email reminder critical",
            "2026-12-13T03:05Z slack reminder critical",
        })
    );
}

TEST(Judge, reminds_once_after_a_long_absence) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    alerts.now += 100 * 24h;
    EXPECT_EQ(
        alerts.judged({backup(critical, 1)}),
        (Lines{"email reminder critical", "slack reminder critical"})
    );
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{});
}

TEST(Judge, pauses_reminders_while_somebody_has_acknowledged) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    alerts.now += 23h;
    EXPECT_EQ(alerts.keep(acknowledge(alerts.open.front(), alerts.policy, alerts.now)), Lines{});
    alerts.now += 2h;
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{});
    EXPECT_EQ(alerts.judged({backup(critical, 2)}), Lines{"pagerduty problem critical"})
        << "a step not yet reached comes all the same";
    alerts.now += 1min;
    EXPECT_EQ(alerts.judged({backup(critical, 2)}), Lines{}) << "and is acknowledged by nobody";
    alerts.now += 22h;
    EXPECT_EQ(
        alerts.judged({backup(critical, 2)}),
        (Lines{"email reminder critical", "slack reminder critical"})
    );
}

TEST(Judge, acknowledges_with_the_pager_that_was_told) {
    Alerts alerts;
    alerts.judged({backup(critical, 2)});
    alerts.policy.lanes[2].route = "another";
    const auto told = alerts.keep(acknowledge(alerts.open.front(), alerts.policy, alerts.now));
    EXPECT_EQ(told, Lines{"pagerduty acknowledged critical"});
    EXPECT_EQ(alerts.last.front().lane.route, "route-of-pagerduty");
}

TEST(Judge, keeps_a_silence_and_tells_afterwards_what_still_matters) {
    Alerts alerts;
    alerts.silences.push_back({1, "postry-ai", "", "", alerts.now, alerts.now + 2h, "migration"});
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{});
    EXPECT_EQ(alerts.wake, alerts.now + 2h);
    EXPECT_EQ(
        alerts.run(3h, {backup(critical, 1)}),
        (Lines{
            "2026-11-22T05:05Z email problem critical", "2026-11-22T05:05Z slack problem critical"})
    );
}

TEST(Judge, tells_the_end_also_in_a_silence) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    alerts.silences.push_back({1, "postry-ai", "nightly", "backup", alerts.now, alerts.now + 2h});
    EXPECT_EQ(
        alerts.judged({backup(ok, 0)}),
        (Lines{"email recovery critical", "slack recovery critical"})
    );
}

TEST(Judge, says_nothing_of_what_began_and_ended_in_a_silence) {
    Alerts alerts;
    alerts.silences.push_back({1, "postry-ai", "", "", alerts.now, alerts.now + 2h});
    alerts.judged({backup(critical, 1)});
    EXPECT_EQ(alerts.judged({backup(ok, 0)}), Lines{});
}

TEST(Judge, shows_what_only_follows_under_its_cause) {
    Alerts alerts;
    const auto source = Alerts::finding("source", unknown, 1);
    const auto told = alerts.judged({backup(unknown, 1), source});
    EXPECT_EQ(told, (Lines{"email problem unknown", "slack problem unknown"}));
    ASSERT_EQ(alerts.open.size(), 1U);
    EXPECT_EQ(alerts.open.front().key.check, "source");
    EXPECT_EQ(alerts.last.front().notice.consequences, Lines{"nightly backup: backup is unknown"});
    EXPECT_EQ(
        alerts.judged({backup(critical, 1), Alerts::finding("source", ok, 0)}),
        (Lines{
            "email recovery unknown",
            "slack recovery unknown",
            "email problem critical",
            "slack problem critical"})
    ) << "once its cause is gone it speaks for itself";
}

TEST(Judge, tells_what_follows_to_those_who_hear_nothing_of_its_cause) {
    Alerts alerts;
    alerts.policy.steps = {
        {.notify = {"email"}}, {.notify = {"slack"}, .checks = {"backup", "restore"}}};
    const auto source = Alerts::finding("source", unknown, 1);
    EXPECT_EQ(
        alerts.judged({source, backup(unknown, 1)}),
        (Lines{"email problem unknown", "slack problem unknown"})
    );
    EXPECT_EQ(alerts.last[0].notice.key.check, "source");
    EXPECT_EQ(alerts.last[1].notice.key.check, "backup");
    alerts.now += 25h;
    EXPECT_EQ(
        alerts.judged({Alerts::finding("source", unknown, 2), backup(unknown, 2)}),
        (Lines{"email reminder unknown", "slack reminder unknown"})
    ) << "each of what it was told";
}

TEST(Judge, withholds_no_page_for_a_cause_that_does_not_page_yet) {
    Alerts alerts;
    const auto drill = [](int nights) { return Alerts::finding("restore", unknown, nights); };
    alerts.judged({backup(ok, 0), drill(1)});
    EXPECT_EQ(
        alerts.judged({backup(unknown, 1), drill(2)}),
        (Lines{"pagerduty problem unknown", "email problem unknown", "slack problem unknown"})
    ) << "the drill failed two nights, the backup one";
}

TEST(Judge, tells_of_a_disk_that_cannot_be_seen_beside_a_backup_that_failed_by_something_else) {
    Alerts alerts;
    Finding disk = Alerts::finding("disk", unknown, 1, "");
    Finding failed = backup(critical, 1);
    failed.cause.name = disk.cause.name = "db.example.com:5432";
    EXPECT_EQ(alerts.judged({failed, disk}, ""), Lines{}) << "the database is out of reach";
    failed.cause.name = "";
    disk.cause.name = "";
    EXPECT_EQ(
        alerts.judged({failed, disk}, ""), (Lines{"email problem unknown", "slack problem unknown"})
    );
}

TEST(Judge, lets_what_is_held_lead_only_where_it_was_told) {
    Alerts alerts;
    const auto drill = Alerts::finding("restore", unknown, 1);
    EXPECT_EQ(
        alerts.judged({backup(unknown, 0), drill}),
        (Lines{"email problem unknown", "slack problem unknown"})
    );
    EXPECT_EQ(alerts.last.front().notice.key.check, "restore");

    Alerts later;
    later.judged({backup(unknown, 2)});
    EXPECT_EQ(later.judged({backup(unknown, 0), drill}), Lines{}) << "it goes on as it was told";
}

TEST(Judge, reminds_by_a_later_step_whom_an_earlier_one_told) {
    Alerts alerts;
    alerts.policy.steps = {{.notify = {"slack"}}, {.notify = {"slack"}, .duration = 4h}};
    alerts.policy.reminders = {};
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{"slack problem critical"});
    alerts.now += 4h;
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{"slack reminder critical"});
}

TEST(Judge, lets_nothing_follow_from_what_is_silenced) {
    Alerts alerts;
    alerts.silences.push_back(
        {1, "postry-ai", "nightly", "source", alerts.now, alerts.now + 2h, "known"}
    );
    const auto source = Alerts::finding("source", unknown, 1);
    EXPECT_EQ(
        alerts.judged({backup(unknown, 1), source}),
        (Lines{"email problem unknown", "slack problem unknown"})
    );
    EXPECT_EQ(alerts.last.front().notice.key.check, "backup");
}

TEST(Judge, opens_nothing_anew_at_a_pager_that_it_reached) {
    Alerts alerts;
    alerts.judged({backup(critical, 2)});
    alerts.answer("pagerduty", Arrival::told);
    alerts.policy.steps.push_back({.notify = {"pagerduty"}, .consecutive_failures = 3});
    EXPECT_EQ(alerts.judged({backup(critical, 3)}), Lines{"pagerduty again critical"});
}

TEST(Judge, touches_only_the_set_that_was_looked_at) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    EXPECT_EQ(alerts.judged({Alerts::finding("backup", ok, 0, "other")}, "other"), Lines{});
    EXPECT_EQ(alerts.open.size(), 1U);
}

TEST(Judge, repeats_nothing_for_a_renamed_notifier_or_a_changed_step) {
    Alerts alerts;
    alerts.judged({backup(critical, 2)});
    alerts.policy.lanes[1].notifier = "chat";
    alerts.policy.steps[0].notify = {"email", "chat"};
    alerts.policy.steps[0].checks = {"backup"};
    EXPECT_EQ(alerts.judged({backup(critical, 2)}), Lines{});
    EXPECT_EQ(
        alerts.judged({backup(ok, 0)}),
        (Lines{"email recovery critical", "chat recovery critical", "pagerduty recovery critical"})
    );
}

TEST(Judge, takes_a_new_endpoint_under_an_old_name_for_the_same) {
    Alerts alerts;
    alerts.judged({backup(critical, 2)});
    alerts.policy.lanes[2].endpoint = "another";
    alerts.policy.lanes[2].route = "another-route";
    EXPECT_EQ(alerts.judged({backup(critical, 2)}), Lines{});
    alerts.judged({backup(ok, 0)});
    EXPECT_EQ(alerts.last.back().lane.route, "route-of-pagerduty") << "resolved as it was called";
}

TEST(Judge, tells_a_notifier_that_comes_late) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    alerts.policy.lanes.push_back(Alerts::lane("hook"));
    alerts.policy.steps[0].notify.push_back("hook");
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{"hook problem critical"});
}

TEST(Judge, waits_for_the_duration_of_a_step) {
    Alerts alerts;
    alerts.policy.steps[1].consecutive_failures = 1;
    alerts.policy.steps[1].duration = 4h;
    alerts.judged({backup(critical, 1)});
    EXPECT_EQ(alerts.last.front().notice.next->at, alerts.now + 4h);
    EXPECT_EQ(
        alerts.run(5h, {backup(critical, 1)}), Lines{"2026-11-22T07:05Z pagerduty problem critical"}
    );
}

TEST(Judge, says_who_comes_next) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    const auto& next = alerts.last.front().notice.next;
    ASSERT_TRUE(next);
    EXPECT_EQ(next->notifiers, Lines{"pagerduty"});
    EXPECT_EQ(next->consecutive_failures, 2);
}

TEST(Judge, bears_a_clock_that_went_back) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    alerts.now -= 10 * 365 * 24h;
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{});
    EXPECT_EQ(alerts.open.front().opened_at, alerts.now);
    EXPECT_EQ(alerts.run(25h, {backup(critical, 1)}).size(), 2U) << "reminders go on";
}

TEST(Judge, counts_no_duration_while_the_clock_is_in_doubt) {
    Alerts alerts;
    alerts.policy.steps[1].consecutive_failures = 1;
    alerts.policy.steps[1].duration = 4h;
    alerts.judged({backup(critical, 1)});
    alerts.now += 10 * 365 * 24h;
    alerts.clock_doubted_before = alerts.now;
    alerts.policy.reminders.clear();
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{}) << "it jumped";
    EXPECT_EQ(alerts.wake, alerts.now + 4h);
    alerts.now += 4h;
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{"pagerduty problem critical"});
}

TEST(Judge, counts_no_duration_before_the_clock_is_set) {
    Alerts alerts;
    alerts.policy.steps[0].duration = 1h;
    alerts.clock_doubted_before = Instant::max();
    alerts.judged({backup(critical, 1)});
    alerts.now += 2h;
    EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{});
    alerts.clock_doubted_before.reset();
    EXPECT_EQ(alerts.judged({backup(critical, 1)}).size(), 2U);
}

TEST(Judge, has_the_fallback_tell_what_was_refused_or_never_answered) {
    for (const Arrival arrival : {Arrival::refused, Arrival::unclear}) {
        Alerts alerts;
        alerts.policy.lanes.push_back(Alerts::lane("hook"));
        alerts.policy.fallbacks = {{"slack", "hook"}};
        alerts.judged({backup(critical, 1)});
        EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{}) << "it is under way";
        alerts.answer("slack", arrival);
        EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{"hook problem critical"});
        EXPECT_EQ(alerts.judged({backup(critical, 1)}), Lines{});
    }
}

TEST(Judge, tells_no_end_to_whom_nothing_reached) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    alerts.answer("slack", Arrival::refused);
    alerts.answer("email", Arrival::unclear);
    EXPECT_EQ(alerts.judged({backup(ok, 0)}), Lines{"email recovery critical"});
}

TEST(Judge, tells_the_end_to_whom_only_the_reminder_did_not_reach) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    alerts.answer("slack", Arrival::told);
    alerts.now += 24h;
    alerts.judged({backup(critical, 1)});
    alerts.answer("slack", Arrival::refused);
    EXPECT_EQ(alerts.judged({backup(ok, 0)}).size(), 2U);
}

TEST(Judge, tells_the_end_to_a_notifier_that_was_taken_out_for_when_it_comes_back) {
    Alerts alerts;
    alerts.judged({backup(critical, 2)});
    const Lane pager = alerts.policy.lanes.back();
    alerts.policy.lanes.pop_back();
    alerts.judged({backup(ok, 0)});
    ASSERT_EQ(alerts.last.size(), 3U);
    EXPECT_EQ(alerts.last.back().lane, pager) << "or the next page would fold into this one";
    EXPECT_EQ(alerts.last.back().notice.kind, NoticeKind::recovery);
}

TEST(Judge, closes_with_the_key_that_it_was_really_opened_with) {
    Alerts alerts;
    alerts.judged({backup(critical, 2)});
    alerts.policy.lanes[2].route = "the-mended-key";
    alerts.answer("pagerduty", Arrival::told);
    alerts.judged({backup(ok, 0)});
    EXPECT_EQ(alerts.last.back().lane.route, "the-mended-key");
}

TEST(Judge, mentions_the_last_proofs_whatever_it_tells) {
    Alerts alerts;
    alerts.proofs.last_backup = ProofMention{"b1", alerts.now - 24h, 7, std::nullopt};
    alerts.proofs.last_drill = ProofMention{"b1", alerts.now - 23h, std::nullopt, 41.5};
    const auto expect_proofs = [&](const char* what) {
        ASSERT_FALSE(alerts.last.empty()) << what;
        for (const auto& [lane, notice] : alerts.last) {
            EXPECT_TRUE(notice.last_backup && notice.last_backup->id == "b1") << what;
            EXPECT_TRUE(notice.last_drill && notice.last_drill->seconds == 41.5) << what;
        }
    };
    alerts.judged({backup(critical, 2)});
    expect_proofs("a problem");
    alerts.keep(acknowledge(alerts.open.front(), alerts.policy, alerts.now, alerts.proofs));
    expect_proofs("an acknowledgement");
    alerts.judged({backup(ok, 0)});
    expect_proofs("a recovery");
}

TEST(Note, knows_what_is_queued_from_what_is_told) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    const auto slack = [&] {
        return standings(alerts.open.front(), alerts.policy, {}, alerts.now)[1];
    };
    EXPECT_EQ(slack().arrival, Arrival::queued);
    EXPECT_FALSE(slack().reached_at);
    const Instant told_at = alerts.now;
    alerts.answer("slack", Arrival::told);
    EXPECT_EQ(slack().arrival, Arrival::told);
    EXPECT_EQ(slack().reached_at, told_at);
    alerts.now += 24h;
    alerts.judged({backup(critical, 1)});
    EXPECT_EQ(slack().arrival, Arrival::queued) << "the reminder";
    EXPECT_EQ(slack().reached_at, told_at);
    Answer late;
    late.lane = late.sent_to = alerts.policy.lanes[1];
    late.made_at = told_at;
    late.at = alerts.now;
    note(alerts.open.front(), late);
    EXPECT_EQ(slack().arrival, Arrival::queued) << "the reminder still is";
}

TEST(StableName, of_what_is_wrong_with_ourselves_is_of_no_database) {
    EXPECT_EQ(stable_name({"backupwatch", "slack", "delivery"}), "backupwatch::slack:delivery");
    EXPECT_EQ(stable_name({"shop", "", "disk"}), "backupwatch:shop::disk");
}

TEST(EndUnwatched, ends_what_left_the_configuration_and_tells_it_once) {
    Alerts alerts;
    alerts.judged({backup(critical, 1)});
    const auto told = alerts.keep(end_unwatched(alerts.open, alerts.policy, alerts.now));
    EXPECT_EQ(told, (Lines{"email unwatched critical", "slack unwatched critical"}));
    EXPECT_TRUE(alerts.open.empty());
}

}  // namespace
}  // namespace backupwatch
