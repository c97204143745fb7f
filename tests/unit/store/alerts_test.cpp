#include "fixture.hpp"
#include "store/database.hpp"

namespace backupwatch {
namespace {

Lane slack() {
    return {"slack", "", "endpoint-of-slack"};
}

/// Opens an incident and tells it to slack; ends what is open.
AlertJudge opens(const std::string& check) {
    return [check](const std::vector<Incident>& open, const std::vector<Silence>&) {
        Judgement judgement;
        if (!open.empty()) return judgement;
        Incident incident;
        incident.key = {"orders", "nightly", check};
        incident.opened_at = night;
        incident.finding = finding(check, Severity::critical);
        incident.finding.cause = {"db.example.com:5432", "connection refused"};
        incident.worst = Severity::critical;
        incident.told = {{slack(), {{"first", Severity::critical}}, night, night, 1, {"a", "b"}}};
        Notice notice;
        notice.key = incident.key;
        notice.summary = "it is \"so\"\n\x01";
        notice.since = night;
        notice.made_at = night;
        notice.consequences = {"a", "b"};
        notice.last_backup = ProofMention{"b1", night - 24h, 7, std::nullopt};
        notice.last_drill = ProofMention{"b1", night - 23h, std::nullopt, 41.5};
        notice.next = NextStep{{"pagerduty"}, night + 4h, 2};
        judgement.notices.push_back({slack(), notice});
        judgement.changed.push_back(std::move(incident));
        judgement.wake = night + 24h;
        return judgement;
    };
}

Outcome judged(AlertJudge judge) {
    Outcome outcome = outcome_at(night);
    outcome.judge = std::move(judge);
    return outcome;
}

TEST(AlertStore, keeps_incidents_and_notices_over_a_restart) {
    TemporaryFolder folder;
    Recorded recorded;
    {
        auto store = opened(folder);
        recorded = run(store->commit(judged(opens("backup"))));
    }
    ASSERT_EQ(recorded.changed.size(), 1U);
    EXPECT_GT(recorded.changed.front().id, 0);
    ASSERT_EQ(recorded.notices.size(), 1U);
    EXPECT_EQ(recorded.notices.front().notice.incident, recorded.changed.front().id);
    EXPECT_EQ(recorded.wake, night + 24h);

    auto store = opened(folder);
    EXPECT_EQ(run(store->incidents(night)), recorded.changed);
    const Outbox outbox = run(store->outbox(0));
    ASSERT_EQ(outbox.pending.size(), 1U);
    const Notice& kept = outbox.pending.front().notice;
    const Notice& made = recorded.notices.front().notice;
    EXPECT_EQ(kept.summary, made.summary);
    EXPECT_EQ(kept.consequences, made.consequences);
    EXPECT_EQ(kept.last_backup->size_bytes, 7U);
    EXPECT_EQ(kept.last_drill->seconds, 41.5);
    EXPECT_EQ(kept.next->notifiers, made.next->notifiers);
    EXPECT_EQ(kept.next->at, made.next->at);
    EXPECT_TRUE(run(store->outbox(outbox.pending.front().id)).pending.empty());
}

TEST(AlertStore, uses_what_else_is_known_where_a_text_cannot_be_read) {
    TemporaryFolder folder;
    run(opened(folder)->commit(judged(opens("backup"))));
    {
        Database database((folder.path() / "state.db").string());
        database.script("UPDATE outbox SET notice = '{\"kind\":\"of a newer version\"}'");
        database.script("UPDATE incidents SET finding = '{', told = '[{}]'");
    }

    auto store = opened(folder);
    const Outbox outbox = run(store->outbox(0));
    ASSERT_EQ(outbox.pending.size(), 1U);
    EXPECT_EQ(outbox.pending.front().lane, slack()) << "somebody is told something";
    EXPECT_NE(outbox.pending.front().notice.summary, "");
    const std::vector<Incident> incidents = run(store->incidents(night));
    ASSERT_EQ(incidents.size(), 1U);
    EXPECT_EQ(incidents.front().finding.severity, Severity::critical);
    EXPECT_TRUE(incidents.front().told.empty()) << "told once more";
    run(store->commit(outcome_at(night)));
}

TEST(AlertStore, shows_its_judge_what_another_process_opened) {
    TemporaryFolder folder;
    auto one = opened(folder);
    auto other = opened(folder);
    run(one->commit(judged(opens("backup"))));
    const Recorded recorded = run(other->commit(judged(opens("backup"))));
    EXPECT_TRUE(recorded.changed.empty());
    EXPECT_EQ(run(other->incidents(night)).size(), 1U);
}

TEST(AlertStore, records_nothing_where_the_outcome_is_refused) {
    TemporaryFolder folder;
    auto store = opened(folder);
    run(store->history(nightly, night - 24h));
    run(store->open_slot(nightly, due(night), night));
    Outcome outcome = judged(opens("backup"));
    outcome.closes = Outcome::Slot{nightly, night, "ok"};
    run(store->commit(outcome));
    Outcome again = judged(opens("restore"));
    again.closes = outcome.closes;
    EXPECT_EQ(failure_of(store->commit(again)), Failure::Kind::rejected);
    EXPECT_EQ(run(store->incidents(night)).size(), 1U);
    EXPECT_EQ(run(store->outbox(0)).pending.size(), 1U);
}

TEST(AlertStore, settles_what_was_sent) {
    TemporaryFolder folder;
    auto store = opened(folder);
    Recorded recorded = run(store->commit(judged(opens("backup"))));
    Pending pending = recorded.notices.front();
    pending.attempts = 3;
    pending.may_have_arrived = pending.plain = true;
    pending.batch = 7;
    pending.lane = {"chat", "", "endpoint-elsewhere"};
    pending.named_for = "endpoint-of-slack";
    Settlement failed;
    failed.lane = {"endpoint-of-slack", 3, 1, night + 4s, true, "no_service", night};
    failed.changed = {pending};
    run(store->settle(failed));

    const Outbox outbox = run(opened(folder)->outbox(0));
    ASSERT_EQ(outbox.pending.size(), 1U);
    EXPECT_EQ(outbox.pending.front().attempts, 3);
    EXPECT_TRUE(outbox.pending.front().may_have_arrived);
    EXPECT_TRUE(outbox.pending.front().plain);
    EXPECT_EQ(outbox.pending.front().batch, 7);
    EXPECT_EQ(outbox.pending.front().lane, pending.lane);
    EXPECT_EQ(outbox.pending.front().named_for, "endpoint-of-slack");
    ASSERT_EQ(outbox.lanes.size(), 1U);
    EXPECT_EQ(outbox.lanes.front().not_before, night + 4s);
    EXPECT_TRUE(outbox.lanes.front().is_broken);

    Settlement done;
    done.lane.endpoint = "endpoint-of-slack";
    done.gone = {pending.id};
    run(store->settle(done));
    EXPECT_TRUE(run(store->outbox(0)).pending.empty());
    EXPECT_TRUE(run(store->outbox(0)).lanes.empty()) << "of what works there is nothing to keep";

    Settlement shown;
    shown.lane.endpoint = "endpoint-of-slack";
    shown.lane.certificate = {{night - 24h, night + 24h}, night};
    run(store->settle(shown));
    EXPECT_EQ(run(opened(folder)->outbox(0)).lanes.at(0).certificate, shown.lane.certificate);
    EXPECT_FALSE(run(store->outbox(0)).lanes.at(0).failing_since);
}

TEST(AlertStore, writes_into_the_ledger_what_was_answered) {
    TemporaryFolder folder;
    auto store = opened(folder);
    const Recorded recorded = run(store->commit(judged(opens("backup"))));
    Settlement settlement;
    settlement.lane.endpoint = "endpoint-of-slack";
    settlement.gone = {recorded.notices.front().id};
    Answer answer;
    answer.lane = answer.sent_to = slack();
    answer.incident = recorded.changed.front().id;
    answer.made_at = answer.at = night + 1s;
    answer.arrival = Arrival::unclear;
    settlement.answers = {answer};
    run(store->settle(settlement));

    const auto incidents = run(opened(folder)->incidents(night));
    ASSERT_EQ(incidents.size(), 1U);
    EXPECT_EQ(incidents.front().told.front().arrival, Arrival::unclear);
    EXPECT_EQ(incidents.front().told.front().reached_at, night + 1s);
}

TEST(AlertStore, takes_at_last_what_was_told_from_memory_under_the_name_that_it_had) {
    TemporaryFolder folder;
    auto store = opened(folder);
    run(store->commit(judged(opens("restore"))));
    Pending told;
    told.id = -7;
    told.lane = slack();
    told.notice.incident = -9;
    told.notice.key = {"other", "nightly", "backup"};
    told.attempts = 2;
    told.batch = -7;
    const AlertJudge judge = [&](const std::vector<Incident>& open, const std::vector<Silence>&) {
        Judgement judgement;
        Incident incident;
        incident.key = told.notice.key;
        incident.id = open.empty() ? 0 : open.front().id;
        incident.made_up_id = -9;
        judgement.changed = {incident};
        judgement.kept = {{told, true, 1}};
        return judgement;
    };
    Outcome outcome = judged(judge);
    outcome.database = "other";
    const Recorded recorded = run(store->commit(outcome));
    ASSERT_EQ(recorded.kept.size(), 1U);
    const std::int64_t number = recorded.changed.front().id;
    EXPECT_EQ(recorded.kept.front().pending.notice.incident, number);

    const Outbox outbox = run(opened(folder)->outbox(0));
    ASSERT_EQ(outbox.pending.size(), 2U) << "in the order in which they were recorded";
    EXPECT_EQ(outbox.pending.back().id, -7);
    EXPECT_EQ(outbox.pending.back().notice.incident, number);
    EXPECT_EQ(outbox.pending.back().attempts, 2);
    EXPECT_EQ(outbox.pending.back().batch, -7);
    run(store->commit(outcome));
    EXPECT_EQ(run(store->outbox(0)).pending.size(), 2U) << "also where it was taken before";
    Settlement done;
    done.lane.endpoint = "endpoint-of-slack";
    done.gone = {-7};
    run(store->settle(done));
    EXPECT_EQ(run(store->outbox(0)).pending.size(), 1U);
}

TEST(AlertStore, judges_nothing_by_a_look_that_is_not_the_last) {
    TemporaryFolder folder;
    auto store = opened(folder);
    Outcome look = outcome_at(night);
    look.findings = {finding("backup", Severity::critical)};
    run(store->commit(look));
    Outcome again = judged(opens("backup"));
    again.as_of = night - 1s;
    EXPECT_TRUE(run(store->commit(again)).is_stale);
    EXPECT_TRUE(run(store->incidents(night)).empty());
    again.as_of = night;
    EXPECT_FALSE(run(store->commit(again)).is_stale);
    EXPECT_EQ(run(store->incidents(night)).size(), 1U);
}

TEST(Settlements, become_one_while_the_store_refuses) {
    Pending pending;
    pending.id = 1;
    pending.attempts = 1;
    Settlement all;
    all.changed = {pending};
    Settlement later;
    pending.attempts = 2;
    later.changed = {pending};
    add(all, later);
    ASSERT_EQ(all.changed.size(), 1U);
    EXPECT_EQ(all.changed.front().attempts, 2);
    Settlement last;
    last.gone = {1};
    add(all, last);
    EXPECT_TRUE(all.changed.empty());
    EXPECT_EQ(all.gone, std::vector<std::int64_t>{1});
    Settlement many;
    for (std::int64_t id = -30'000; id < 0; ++id) many.gone.push_back(id);
    add(all, many);
    EXPECT_EQ(all.gone.size(), 10'001U) << "what the store never saw is kept within bounds";
    EXPECT_EQ(all.gone.back(), -1);
}

TEST(AlertStore, keeps_silences_until_they_are_over) {
    TemporaryFolder folder;
    auto store = opened(folder);
    const Silence silence =
        run(store->add_silence({0, "orders", "nightly", "backup", night, night + 2h, "migration"}));
    EXPECT_GT(silence.id, 0);
    ASSERT_EQ(run(store->silences(night + 1h)).size(), 1U);
    EXPECT_EQ(run(store->silences(night + 1h)).front().reason, "migration");
    EXPECT_TRUE(run(store->silences(night + 2h)).empty());
    EXPECT_TRUE(run(store->remove_silence(silence.id)));
    EXPECT_FALSE(run(store->remove_silence(silence.id)));
}

}  // namespace
}  // namespace backupwatch
