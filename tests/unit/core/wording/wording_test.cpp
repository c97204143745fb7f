#include "core/wording/wording.hpp"

#include "core/text.hpp"
#include "support/golden.hpp"
#include "support/notices.hpp"

#include <gtest/gtest.h>

#include <array>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Links all_links{
    "https://wiki.example.com/runbook",
    "https://grafana.example.com/d/1",
    "https://provider.example.com/b"};
const Instant now = night + 5h + 12min;

struct Sample {
    IncidentKey key;
    std::string summary;
    std::string value;
    std::string threshold;
};

const std::vector<Sample> samples{
    {{"postry-ai", "nightly", "backup"},
     "no completed backup for 2 d 5 h (one is due every 1 d): the last is 2026-11-20T03:00Z, 151.2 "
     "MB",
     "2 d 5 h",
     "1 d 1 h"},
    {{"postry-ai", "nightly", "retention"},
     "1 backup gone before time: 20261119T030000Z (2026-11-19T03:00Z, 150.9 MB)",
     "6 restore points",
     "7 d"},
    {{"postry-ai", "nightly", "size"},
     "the last backup is 12.4 MB, under half of the usual 151.2 MB (median of the 7 before it)",
     "12.4 MB",
     "half to double of 151.2 MB"},
    {{"postry-ai", "nightly", "shape"},
     "the table public.posts is gone since the dump before this one",
     "",
     ""},
    {{"postry-ai", "nightly", "restore"},
     "the drill of 20261122T030000Z at 2026-11-22T03:20Z failed: public.posts has 11 of 12 rows",
     "",
     ""},
    {{"postry-ai", "nightly", "after_backup"},
     "the program of after_backup failed with 20261122T030000Z: exit code 1: no such host; the "
     "last "
     "that it was done with is 20261121T030000Z",
     "1 backup not handed over",
     "exit code 0 within 1 h"},
    {{"postry-ai", "", "disk"},
     "the disk is 91.2% full, and will be full in about 2 d 3 h",
     "91.2%",
     "90%"},
    {{"postry-ai", "supabase", "source"},
     "cannot be read since 2026-11-22T03:00Z (4 failed looks): HTTP 401: invalid token",
     "4 failed looks",
     "3 failed looks"},
    {{"postry-ai", "supabase", "pitr"},
     "point-in-time recovery ends at 2026-11-22T01:00Z, 2 h ago",
     "2 h",
     "15 min"},
    {{"backupwatch", "", "disk"}, "the volumes of state and drills: 93% full", "93%", "90%"},
    {{"backupwatch", "", "state"},
     "nothing can be recorded, and what is found now is lost when backupwatch ends: disk full",
     "",
     ""},
    {{"backupwatch", "", "clock"},
     "the clock is no longer synchronised",
     "not synchronised",
     "synchronised"},
    {{"backupwatch", "slack", "delivery"},
     "nothing reaches slack since 2026-11-22T03:00Z: HTTP 404: no_service",
     "3 notices waiting",
     ""},
    {{"backupwatch", "db.example.com:5432", "source"},
     "makes databases fail: cannot connect to db.example.com:5432/postry: connection refused",
     "",
     ""},
    {{"postry-ai", "nightly", "something-new"}, "a check of the future fails", "", ""},
};

Notice notice_of(NoticeKind kind, const Sample& sample, Severity severity) {
    Notice notice = failed_backup();
    notice.kind = kind;
    notice.key = sample.key;
    notice.severity = severity;
    notice.summary = sample.summary;
    notice.value = sample.value;
    notice.threshold = sample.threshold;
    notice.next = NextStep{{"pagerduty"}, std::nullopt, 3};
    if (sample.key.database == "backupwatch" || sample.key.check == "disk") {
        notice.last_backup.reset();
        notice.last_drill.reset();
        notice.next = NextStep{{"pagerduty", "email"}, night + 24h, 0};
    }
    if (kind == NoticeKind::acknowledged) notice.acknowledged_until = night + 29h;
    const bool is_recovery = kind == NoticeKind::recovery || kind == NoticeKind::passed_by;
    if (is_recovery) {
        notice.summary = "the last backup was completed 2 min ago: 2026-11-22T08:10Z, 151.4 MB";
        notice.ended_at = night + 5h + 10min;
    }
    if (sample.key.set == "db.example.com:5432") {
        notice.members = {"postry-ai", "postry-eu", "postry-us"};
    } else if (sample.key.check == "source") {
        notice.consequences = {"cannot tell whether there is a backup: the source cannot be read"};
    }
    return notice;
}

/// Every check and severity of one kind, each below a line that says which it is.
std::string texts_of(NoticeKind kind) {
    std::string all;
    for (const Sample& sample : samples) {
        for (const Severity severity : {Severity::warning, Severity::unknown, Severity::critical}) {
            const Notice notice = notice_of(kind, sample, severity);
            all += "=== " + stable_name(sample.key) + " " + std::string(to_string(severity)) +
                   "\n" + plain_text(word(notice, all_links, now)) + "\n";
        }
    }
    return all;
}

void expect_well_formed(const std::string& text) {
    EXPECT_EQ(text.find(" \n"), std::string::npos) << text;
    EXPECT_EQ(text.find("\n\n\n"), std::string::npos) << text;
    EXPECT_FALSE(text.starts_with('\n')) << text;
    EXPECT_TRUE(text.ends_with('\n')) << text;
    EXPECT_FALSE(text.ends_with("\n\n")) << text;
    std::string joined = text;
    for (char& c : joined) {
        if (c == '\n') c = '|';
    }
    // Indented commands alone have more than one blank.
    for (auto at = joined.find("|    "); at != std::string::npos; at = joined.find("|    ")) {
        joined.erase(at + 1, 4);
    }
    EXPECT_EQ(clean_line(joined), joined);
}

class WordingOf : public testing::TestWithParam<NoticeKind> {};

TEST_P(WordingOf, every_check_and_severity_is_the_golden_one) {
    const std::string name(to_string(GetParam()));
    expect_golden("core/wording", name + ".txt", texts_of(GetParam()));
}

TEST_P(WordingOf, every_check_and_severity_is_well_formed) {
    for (const Sample& sample : samples) {
        for (const Severity severity : {Severity::warning, Severity::unknown, Severity::critical}) {
            const Wording wording = word(notice_of(GetParam(), sample, severity), all_links, now);
            expect_well_formed(plain_text(wording));
            EXPECT_LE(code_points(wording.title), 150u);
        }
    }
}

TEST_P(WordingOf, hostile_texts_is_well_formed) {
    for (const std::string& text : hostile_texts()) {
        const Wording wording = word(hostile_notice(text, GetParam()), all_links, now);
        expect_well_formed(plain_text(wording));
        EXPECT_LE(code_points(wording.title), 150u);
    }
}

INSTANTIATE_TEST_SUITE_P(
    EachKind,
    WordingOf,
    testing::ValuesIn(all_kinds()),
    [](const auto& tested) { return std::string(to_string(tested.param)); }
);

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(Wording, tells_things_in_the_order_in_which_they_are_asked_at_night) {
    Notice notice = failed_backup();
    notice.next = NextStep{{"pagerduty"}, std::nullopt, 3};
    const std::string text = plain_text(word(notice, all_links, now));

    std::size_t last = 0;
    for (const char* part :
         {"CRITICAL postry-ai/nightly backup",
          "The check backup of postry-ai/nightly is critical",
          "Failing since 2026-11-22T03:00Z (5 h 12 min ago), 2 failures in a row.",
          "Last completed backup: 20261120T030000Z, 2026-11-20T03:00Z (2 d 5 h ago), 151.2 MB.",
          "Last passed drill: of 20261120T030000Z, 2026-11-20T04:00Z (2 d 4 h ago), restored in 3 "
          "min 3 s.",
          "What to do:",
          "\n    backupwatch check postry-ai/nightly\n",
          "https://wiki.example.com/runbook",
          "If it still fails, pagerduty is called at 3 failures in a row.",
          "\n    backupwatch acknowledge 12\n"}) {
        const auto at = text.find(part);
        ASSERT_NE(at, std::string::npos) << part << "\nin\n" << text;
        EXPECT_GE(at, last) << part;
        last = at;
    }
}

TEST(Wording, says_when_somebody_is_called) {
    Notice notice = failed_backup();
    notice.next = NextStep{{"pagerduty", "email"}, now + 90min, 0};

    EXPECT_EQ(
        word(notice, {}, now).next,
        "If it still fails, pagerduty and email are called at 2026-11-22T09:42Z, in 1 h 30 min."
    );
}

TEST(Wording, offers_no_acknowledgement_of_what_is_acknowledged_or_no_incident) {
    Notice notice = failed_backup();
    EXPECT_TRUE(word(notice, {}, now).acknowledge);
    notice.acknowledged_until = now + 1h;
    EXPECT_FALSE(word(notice, {}, now).acknowledge);
    EXPECT_EQ(word(notice, {}, now).next, "Acknowledged: no reminder before 2026-11-22T09:12Z.");
    notice.acknowledged_until = now - 1h;
    EXPECT_TRUE(word(notice, {}, now).acknowledge);
    notice.incident = 0;
    EXPECT_FALSE(word(notice, {}, now).acknowledge);
}

TEST(Wording, of_a_recovery_says_how_long_it_lasted) {
    Notice notice = failed_backup();
    notice.kind = NoticeKind::recovery;
    notice.ended_at = night + 5h + 10min;

    EXPECT_EQ(
        word(notice, {}, now).since,
        "It failed from 2026-11-22T03:00Z to 2026-11-22T08:10Z, for 5 h 10 min, and is over."
    );
}

TEST(Wording, of_what_is_yet_to_come_names_no_age) {
    Notice notice = failed_backup();
    notice.since = now + 1h;
    EXPECT_EQ(word(notice, {}, now).since, "Failing since 2026-11-22T09:12Z, 2 failures in a row.");
}

TEST(Wording, of_what_has_just_begun_counts_no_seconds) {
    EXPECT_EQ(
        word(failed_backup(), {}, night + 59s).since,
        "Failing since 2026-11-22T03:00Z (just now), 2 failures in a row."
    );
}

TEST(Wording, quotes_a_name_that_a_shell_would_read) {
    Notice notice = failed_backup();
    notice.key.database = "$(rm -rf /)'";
    const auto text = plain_text(word(notice, {}, now));

    EXPECT_TRUE(has(text, "\n    backupwatch check '$(rm -rf /)'\\''/nightly'\n")) << text;
}

TEST(Wording, of_a_digest_is_what_was_proven) {
    Notice notice;
    notice.kind = NoticeKind::digest;
    notice.summary = "3 of 3 databases are proven to restore";
    notice.consequences = {"postry-ai/nightly: backup of 03:00Z, 151.2 MB, restored in 3 min 3 s"};
    notice.made_at = now;

    EXPECT_EQ(
        plain_text(word(notice, all_links, now)),
        "backupwatch, proven last night: 3 of 3 databases are proven to restore\n\n"
        "3 of 3 databases are proven to restore.\n\n"
        "As of 2026-11-22T08:12Z (just now).\n\n"
        "postry-ai/nightly: backup of 03:00Z, 151.2 MB, restored in 3 min 3 s.\n"
    );
}

TEST(Wording, of_a_note_is_what_somebody_did) {
    Notice notice;
    notice.kind = NoticeKind::noted;
    notice.key.database = "shop";
    notice.severity = Severity::warning;
    notice.summary = "the gate was overridden: hotfix 4711";
    notice.consequences = {"shop/nightly: there is no completed backup"};
    notice.made_at = now;

    EXPECT_EQ(
        plain_text(word(notice, all_links, now)),
        "backupwatch, shop: the gate was overridden: hotfix 4711\n\n"
        "The gate was overridden: hotfix 4711.\n\n"
        "As of 2026-11-22T08:12Z (just now).\n\n"
        "shop/nightly: there is no completed backup.\n"
    );
}

std::vector<Notice> mixed_storm() {
    std::vector<Notice> notices = storm(3);
    notices[2].summary = "the backup of 2026-11-22T03:00Z failed: disk full";
    Notice source = failed_backup();
    source.key = {"postry-ai", "supabase", "source"};
    source.severity = Severity::unknown;
    source.summary = "cannot be read: HTTP 401";
    source.members = {"postry-ai", "postry-eu"};
    Notice disk = failed_backup();
    disk.key = {"postry-ai", "", "disk"};
    disk.severity = Severity::warning;
    disk.summary = "the disk is 81% full";
    Notice other_disk = disk;
    other_disk.key.database = "postry-eu";
    Notice over = failed_backup();
    over.kind = NoticeKind::recovery;
    notices.insert(notices.end(), {source, disk, other_disk, over});
    return notices;
}

TEST(Storm, is_the_golden_one) {
    expect_golden("core/wording", "storm.txt", plain_text(word(mixed_storm(), now)));
}

TEST(Storm, names_everyone) {
    const std::string text = plain_text(word(storm(10'000), now));

    expect_well_formed(text);
    for (const Notice& notice : storm(10'000)) {
        ASSERT_TRUE(has(text, notice.key.database)) << notice.key.database;
    }
    EXPECT_LT(text.size(), 10'000u * 20) << "names cost little more than their letters";
}

TEST(Storm, of_hostile_texts_is_well_formed) {
    std::vector<Notice> notices;
    for (const std::string& text : hostile_texts()) {
        for (const NoticeKind kind : all_kinds()) notices.push_back(hostile_notice(text, kind));
    }
    const Wording wording = word(notices, now);

    expect_well_formed(plain_text(wording));
    EXPECT_LE(code_points(wording.title), 150u);
}

TEST(Storm, holds_as_many_as_it_is_said_to) {
    std::vector<std::vector<Notice>> storms{storm(10'000), mixed_storm()};
    // Each database with a set of its own name, and with a summary of its own.
    storms.push_back(storm(5'000));
    for (Notice& notice : storms.back()) notice.key.set = "set-of-" + notice.key.database;
    storms.push_back(storm(5'000));
    for (Notice& notice : storms.back()) {
        notice.key.check = "check-" + notice.key.database;
        notice.summary += notice.key.database;
    }
    // Of nobody's database, as what concerns a notifier may be.
    storms.push_back(storm(5'000));
    for (Notice& notice : storms.back()) notice.key.set.swap(notice.key.database);
    storms.push_back(storm(5'000));
    for (Notice& notice : storms.back()) {
        notice.key.set = notice.key.database;
        notice.key.database.clear();
    }
    for (const auto& notices : storms) {
        for (const std::size_t limit : {3'000u, 13'000u, 39'000u, 200'000u}) {
            const std::size_t count = fitting(notices, limit);
            ASSERT_GE(count, 1u);
            const std::span<const Notice> first(notices.data(), count);
            EXPECT_LE(plain_text(word(first, now)).size(), limit);
        }
    }
    EXPECT_GT(fitting(storm(10'000), 39'000), 2'000u);
    EXPECT_EQ(fitting(storm(1), 10), 1u);
}

}  // namespace
}  // namespace backupwatch
