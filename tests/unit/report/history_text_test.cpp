#include "report/history_text.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Instant evening = parse_rfc3339("2026-11-21T20:00:00Z").value();
const Instant dumped = parse_rfc3339("2026-11-22T03:01:12Z").value();

PastBackup taken(const std::string& id) {
    PastBackup past;
    past.set = "nightly";
    past.backup.id = id;
    past.backup.status = BackupStatus::completed;
    past.backup.started_at = dumped - 72s;
    past.backup.finished_at = dumped;
    past.backup.size_bytes = 151'200'000;
    return past;
}

PastDrill drilled(DrillOutcome::Result result) {
    PastDrill drill;
    drill.set = "nightly";
    drill.outcome.backup_id = "a";
    drill.outcome.result = result;
    drill.outcome.finished_at = dumped + 2min;
    drill.outcome.seconds = 6.02;
    drill.verified_rows = 380'050;
    return drill;
}

Incident failed(std::optional<Instant> ended_at) {
    Incident incident;
    incident.id = 4;
    incident.key = {"shop", "nightly", "restore"};
    incident.opened_at = dumped + 3min;
    incident.ended_at = ended_at;
    incident.worst = Severity::critical;
    incident.finding.summary = "the drill failed";
    return incident;
}

TEST(HistoryText, is_one_story_of_all_kinds_oldest_first) {
    Past past;
    past.marks.entries = {
        {"shop", evening, NotedMark::Kind::noted, "deploy 2.0"},
        {"shop", evening + 1h, NotedMark::Kind::gate_overridden, "hotfix"}};
    past.backups.entries = {taken("a")};
    past.backups.entries.front().backup.label = "before 2.0";
    past.backups.entries.front().removed_at = dumped + 8 * 24h;
    past.drills.entries = {drilled(DrillOutcome::Result::passed)};
    past.incidents.entries = {failed(dumped + 63min)};
    past.attestations = {{"shop", "approval", "Ada", evening - 1h, dumped + 24h, 3}};

    EXPECT_EQ(
        history_text("shop", past, evening),
        "2026-11-21T19:00Z  attested  approval by Ada, in 3 minutes, until 2026-11-23T03:01Z\n"
        "2026-11-21T20:00Z  mark      deploy 2.0\n"
        "2026-11-21T21:00Z  override  hotfix\n"
        "2026-11-22T03:01Z  backup    nightly  a \"before 2.0\", 151.2 MB, in 1 min 12 s; "
        "removed 2026-11-30T03:01Z\n"
        "2026-11-22T03:03Z  drill     nightly  a passed, restored in 6.0 s, 380050 rows\n"
        "2026-11-22T03:04Z  incident  nightly  4, restore critical: the drill failed; over "
        "2026-11-22T04:04Z, after 1 h\n"
    );
}

TEST(HistoryText, says_what_failed_and_why) {
    Past past;
    past.backups.entries = {taken("a")};
    past.backups.entries.front().backup.status = BackupStatus::failed;
    past.backups.entries.front().backup.error = "cannot connect\n\x1b[31mred";
    past.drills.entries = {drilled(DrillOutcome::Result::failed)};
    past.drills.entries.front().outcome.error = "1 of 9 rows missing";
    past.drills.entries.front().by_hand = true;
    past.incidents.entries = {failed(std::nullopt)};

    EXPECT_EQ(
        history_text("shop", past, evening),
        "2026-11-22T03:01Z  backup    nightly  a failed: cannot connect [31mred\n"
        "2026-11-22T03:03Z  drill     nightly  a failed, by hand: 1 of 9 rows missing\n"
        "2026-11-22T03:04Z  incident  nightly  4, restore critical: the drill failed; open\n"
    );
}

TEST(HistoryText, says_what_is_gone_and_not_by_us) {
    Past past;
    past.backups.entries = {taken("a"), taken("b"), taken("c")};
    past.backups.entries[0].is_listed = false;
    past.backups.entries[1].is_listed = true;

    EXPECT_EQ(
        history_text("shop", past, evening),
        "2026-11-22T03:01Z  backup    nightly  a, 151.2 MB, in 1 min 12 s; not there any more\n"
        "2026-11-22T03:01Z  backup    nightly  b, 151.2 MB, in 1 min 12 s\n"
        "2026-11-22T03:01Z  backup    nightly  c, 151.2 MB, in 1 min 12 s\n"
    );
}

TEST(HistoryText, says_what_is_left_out_and_where_there_is_nothing) {
    Past past;
    EXPECT_EQ(
        history_text("shop", past, evening), "nothing is known of shop since 2026-11-21T20:00Z\n"
    );

    past.backups.entries = {taken("a")};
    past.backups.older = 12;
    past.marks.older = 1;

    EXPECT_TRUE(history_text("shop", past, evening)
                    .starts_with("left out: 12 older backups and 1 older mark; --limit shows more\n"
                    ));
}

}  // namespace
}  // namespace backupwatch
