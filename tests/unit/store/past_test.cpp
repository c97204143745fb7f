// What `history` asks for: what was, and went.
#include "fixture.hpp"
#include "store/schema.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

using Result = DrillOutcome::Result;

Past asked(Store& store, Instant since = night - 24h, int limit = 100) {
    PastQuestion question;
    question.database = "orders";
    question.since = since;
    question.limit = limit;
    return run(store.past(question));
}

/// A night's dump, seen and drilled.
void spend_night(Store& store, int number) {
    const Instant begun = night + number * 24h;
    Outcome outcome = outcome_at(begun + 10min);
    outcome.seen = {backup("dump-" + std::to_string(number), BackupStatus::completed, begun)};
    outcome.drill = drill(Result::passed, begun + 9min);
    outcome.mark = NotedMark{"orders", begun + 8min, NotedMark::Kind::noted, "deploy"};
    run(store.commit(std::move(outcome)));
}

TEST(Past, keeps_a_backup_that_retention_removed_and_misses_it_nowhere) {
    TemporaryFolder folder;
    {
        const auto store = opened(folder);
        spend_night(*store, 0);
        spend_night(*store, 1);
        Outcome outcome = outcome_at(night + 25h);
        outcome.expired = {"dump-0"};
        run(store->commit(std::move(outcome)));
    }
    const auto store = opened(folder);

    const Past past = asked(*store);

    ASSERT_EQ(past.backups.entries.size(), 2U);
    EXPECT_EQ(past.backups.entries[0].backup.id, "dump-0");
    EXPECT_EQ(past.backups.entries[0].set, "nightly");
    EXPECT_EQ(past.backups.entries[0].removed_at, night + 25h);
    EXPECT_EQ(past.backups.entries[1].removed_at, std::nullopt);
    const auto seen = run(store->seen("orders", "nightly", Instant()));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen.front().id, "dump-1");
}

TEST(Past, knows_a_removed_backup_as_there_when_it_is_seen_again) {
    auto store = Store::in_memory();
    spend_night(*store, 0);
    Outcome removal = outcome_at(night + 1h);
    removal.expired = {"dump-0"};
    run(store->commit(std::move(removal)));

    spend_night(*store, 0);

    EXPECT_EQ(asked(*store).backups.entries.front().removed_at, std::nullopt);
    EXPECT_EQ(run(store->seen("orders", "nightly", Instant())).size(), 1U);
}

TEST(Past, gives_of_each_kind_the_newest_oldest_first_and_counts_the_rest) {
    auto store = Store::in_memory();
    for (int number = 0; number < 5; ++number) spend_night(*store, number);
    Outcome other = outcome_at(night);
    other.database = "users";
    other.seen = {backup("of-another", BackupStatus::completed, night)};
    run(store->commit(std::move(other)));

    const Past past = asked(*store, night - 24h, 2);

    ASSERT_EQ(past.backups.entries.size(), 2U);
    EXPECT_EQ(past.backups.entries[0].backup.id, "dump-3");
    EXPECT_EQ(past.backups.entries[1].backup.id, "dump-4");
    EXPECT_EQ(past.backups.older, 3U);
    ASSERT_EQ(past.drills.entries.size(), 2U);
    EXPECT_EQ(past.drills.entries[1].outcome.finished_at, night + 4 * 24h + 9min);
    EXPECT_EQ(past.drills.entries[1].verified_rows, 1200U);
    EXPECT_EQ(past.drills.older, 3U);
    EXPECT_EQ(past.marks.entries.size(), 2U);
    EXPECT_EQ(past.marks.older, 3U);
    const Past later = asked(*store, night + 3 * 24h + 30min, 2);
    EXPECT_EQ(later.backups.entries.size(), 1U);
    EXPECT_EQ(later.backups.older, 0U);
}

TEST(Past, has_incidents_that_are_open_or_ended_since_with_how_they_failed) {
    auto store = Store::in_memory();
    const auto record = [&](const char* check, Instant opened_at, std::optional<Instant> ended_at) {
        Outcome outcome = outcome_at(night);
        outcome.judge = [=](const auto&, const auto&) {
            Judgement judgement;
            Incident& incident = judgement.changed.emplace_back();
            incident.key = {"orders", "nightly", check};
            incident.opened_at = opened_at;
            incident.ended_at = ended_at;
            incident.worst = Severity::critical;
            incident.finding = finding(check, Severity::critical);
            return judgement;
        };
        run(store->commit(std::move(outcome)));
    };
    record("backup", night - 72h, night - 48h);
    record("restore", night - 72h, night);
    record("disk", night - 72h, std::nullopt);

    const Past past = asked(*store);

    ASSERT_EQ(past.incidents.entries.size(), 2U);
    EXPECT_EQ(past.incidents.entries[0].key.check, "restore");
    EXPECT_EQ(past.incidents.entries[0].finding.summary, "it is so");
    EXPECT_EQ(past.incidents.entries[1].key.check, "disk");
}

TEST(Past, has_attestations_that_were_made_since) {
    auto store = Store::in_memory();
    run(store->keep_attestation({"orders", "approval", "Ada", night - 48h, night + 24h}));
    run(store->keep_attestation({"orders", "contacts", "Grace", night, night + 24h}));

    const Past past = asked(*store);

    ASSERT_EQ(past.attestations.size(), 1U);
    EXPECT_EQ(past.attestations.front().by, "Grace");
}

TEST(Past, is_kept_for_400_days) {
    auto store = Store::in_memory();
    for (int number = 0; number <= 420; ++number) {
        spend_night(*store, number);
        Outcome outcome = outcome_at(night + number * 24h + 1h);
        outcome.expired = {"dump-" + std::to_string(number)};
        run(store->commit(std::move(outcome)));
    }

    const Past past = asked(*store, night, 1000);

    ASSERT_FALSE(past.backups.entries.empty());
    const Instant end = night + 420 * 24h;
    EXPECT_NEAR(static_cast<double>(past.backups.entries.size()), 400, 2);
    EXPECT_LE(instant_of(past.backups.entries.front().backup), end - 398 * 24h);
    EXPECT_GE(past.drills.entries.size(), 399U);
    EXPECT_GE(past.marks.entries.size(), 399U);
}

TEST(NewestMarks, are_those_of_each_database_however_many_another_has) {
    auto store = Store::in_memory();
    const auto note = [&](const char* database, int hours, const std::string& text) {
        Outcome outcome = outcome_at(night);
        outcome.mark = NotedMark{database, night + hours * 1h, NotedMark::Kind::noted, text};
        run(store->commit(std::move(outcome)));
    };
    for (int hours = 0; hours < 5; ++hours) note("orders", hours, std::to_string(hours));
    note("users", 1, "of users");
    note("users", -48, "long ago");

    const auto marks = run(store->newest_marks(night, 2));

    ASSERT_EQ(marks.size(), 3U);
    EXPECT_EQ(marks[0].text, "of users");
    EXPECT_EQ(marks[1].text, "3");
    EXPECT_EQ(marks[2].text, "4");
}

TEST(Schema, takes_backups_of_before_for_ones_that_are_there) {
    Database database(":memory:");
    bring_up_to_date(database, schema_steps().first(13));
    database.script(
        "INSERT INTO backups VALUES ('shop', 'nightly', 'a', 'completed', 5, 7, 1, '', NULL, '', "
        "'')"
    );

    bring_up_to_date(database, schema_steps());

    int there = 0;
    Query query = database.query("SELECT count(*) FROM backups WHERE removed_at IS NULL");
    query.next();
    query.read(there);
    EXPECT_EQ(there, 1);
}

TEST(Schema, finds_backups_that_are_there_without_reading_those_that_are_gone) {
    Database database(":memory:");
    bring_up_to_date(database, schema_steps());
    int id = 0;
    int parent = 0;
    int unused = 0;
    std::string detail;
    Query plan = database.query(
        "EXPLAIN QUERY PLAN SELECT id, status, started_at, finished_at, size_bytes, label, "
        "keep_until, error, cause FROM backups WHERE database = ?1 AND backup_set = ?2 AND "
        "status = ?3 AND removed_at IS NULL AND coalesce(finished_at, started_at) >= ?4 "
        "ORDER BY coalesce(finished_at, started_at), id",
        std::string("shop"),
        std::string("nightly"),
        std::string("completed"),
        night
    );
    ASSERT_TRUE(plan.next());
    plan.read(id, parent, unused, detail);
    EXPECT_NE(detail.find("INDEX backups_that_are_there"), std::string::npos) << detail;
    EXPECT_FALSE(plan.next()) << "it sorts";
}

}  // namespace
}  // namespace backupwatch
