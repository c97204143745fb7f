// What the daily digest says of a night, and that it is bounded.
#include "core/wording/digest.hpp"

#include "core/text.hpp"
#include "core/wording/wording.hpp"
#include "support/notices.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Instant morning = night + 4h;

SetProof proven(const std::string& database) {
    SetProof set;
    set.database = database;
    set.set = "nightly";
    set.is_drilled = true;
    set.last_backup = ProofMention{"20261122T030000Z", night, 151'200'000, std::nullopt};
    set.last_drill = ProofMention{"20261122T030000Z", night + 1h, std::nullopt, 183.2};
    set.target = 5min;
    set.next = night + 24h;
    return set;
}

SetProof failed(const std::string& database, Severity severity, const std::string& wrong) {
    SetProof set = proven(database);
    set.severity = severity;
    set.wrong = wrong;
    set.last_backup = ProofMention{"20261120T030000Z", night - 48h, 150'000'000, std::nullopt};
    set.last_drill = ProofMention{"20261119T030000Z", night - 71h, std::nullopt, 170};
    return set;
}

TEST(Digest, says_of_a_good_night_what_was_proven) {
    DigestFacts facts;
    facts.sets = {proven("postry-ai")};
    facts.others = {{"disk of postry-ai", Severity::ok, "52% of 8 GB used"}};

    const Notice notice = make_digest(facts, morning);

    EXPECT_EQ(notice.kind, NoticeKind::digest);
    EXPECT_EQ(notice.incident, 0);
    EXPECT_EQ(notice.severity, Severity::ok);
    EXPECT_EQ(notice.summary, "1 of 1 backup set is proven to restore and well");
    EXPECT_EQ(
        notice.consequences,
        (std::vector<std::string>{
            "postry-ai/nightly: newest backup 20261122T030000Z, 4 h old, 151.2 MB; restored in 3 "
            "min 3 s (target 5 min), 3 h ago; next run 2026-11-23T03:00Z",
            "disk of postry-ai: 52% of 8 GB used"})
    );
}

TEST(Digest, names_what_is_not_proven_first_and_the_worst_at_the_top) {
    DigestFacts facts;
    SetProof undrilled = proven("archive");
    undrilled.is_drilled = false;
    undrilled.last_drill.reset();
    SetProof new_one = proven("new");
    new_one.last_drill.reset();
    facts.sets = {
        proven("good"),
        undrilled,
        new_one,
        failed("slow", Severity::warning, "restore: slower than its target"),
        failed("dark", Severity::unknown, "source: permission denied"),
        failed("bad", Severity::critical, "backup: connection refused")};
    facts.sets[4].is_listed = false;
    facts.others = {
        {"disk of good", Severity::ok, "52% used"},
        {"backupwatch's own clock", Severity::unknown, "nothing synchronises it"}};

    const Notice notice = make_digest(facts, morning);

    EXPECT_EQ(notice.severity, Severity::critical);
    EXPECT_EQ(
        notice.summary,
        "1 of 6 backup sets are proven to restore and well; 1 critical, 1 unknown, 1 with a "
        "warning, 2 without proof; not well: backupwatch's own clock"
    );
    EXPECT_EQ(
        notice.consequences,
        (std::vector<std::string>{
            "CRITICAL bad/nightly: backup: connection refused; newest backup 20261120T030000Z, 2 d "
            "4 h old, 150.0 MB; last restored from 20261119T030000Z in 2 min 50 s (target 5 min), "
            "3 d 3 h ago; next run 2026-11-23T03:00Z",
            "UNKNOWN dark/nightly: source: permission denied; which backups there are is not "
            "known; last restored from 20261119T030000Z in 2 min 50 s (target 5 min), 3 d 3 h ago; "
            "next run 2026-11-23T03:00Z",
            "UNKNOWN backupwatch's own clock: nothing synchronises it",
            "WARNING slow/nightly: restore: slower than its target; newest backup "
            "20261120T030000Z, 2 d 4 h old, 150.0 MB; last restored from 20261119T030000Z in 2 min "
            "50 s (target 5 min), 3 d 3 h ago; next run 2026-11-23T03:00Z",
            "NOT PROVEN archive/nightly: newest backup 20261122T030000Z, 4 h old, 151.2 MB; "
            "nothing "
            "proves that it restores: it has no drill; next run 2026-11-23T03:00Z",
            "NOT PROVEN new/nightly: newest backup 20261122T030000Z, 4 h old, 151.2 MB; never "
            "proven to restore yet; next run 2026-11-23T03:00Z",
            "good/nightly: newest backup 20261122T030000Z, 4 h old, 151.2 MB; restored in 3 min 3 "
            "s (target 5 min), 3 h ago; next run 2026-11-23T03:00Z",
            "disk of good: 52% used"})
    );
}

TEST(Digest, is_no_green_light_where_nothing_was_drilled) {
    DigestFacts facts;
    facts.sets = {proven("archive")};
    facts.sets[0].is_drilled = false;

    EXPECT_EQ(make_digest(facts, morning).severity, Severity::warning);
}

TEST(Digest, of_nothing_says_so) {
    EXPECT_EQ(make_digest({}, morning).summary, "no backup set is watched");
}

TEST(Digest, of_what_a_wrong_clock_dated_tells_no_age) {
    DigestFacts facts;
    facts.sets = {proven("postry-ai")};

    const Notice notice = make_digest(facts, night - 1h);

    EXPECT_NE(
        notice.consequences[0].find("20261122T030000Z, of 2026-11-22T03:00Z"), std::string::npos
    ) << notice.consequences[0];
    EXPECT_NE(notice.consequences[0].find("at 2026-11-22T04:00Z"), std::string::npos);
}

TEST(Digest, of_ten_thousand_databases_names_what_is_wrong_and_counts_the_rest) {
    DigestFacts facts;
    for (int i = 0; i < 10'000; ++i) {
        const std::string name = "customer-" + std::to_string(100'000 + i);
        const bool is_bad = i % 1000 == 999;
        facts.sets.push_back(
            is_bad ? failed(name, Severity::critical, "backup: connection refused") : proven(name)
        );
    }

    const Notice notice = make_digest(facts, morning);

    EXPECT_LE(notice.consequences.size(), 45u);
    std::size_t bytes = 0;
    for (const std::string& line : notice.consequences) bytes += line.size();
    EXPECT_LT(bytes, 12'000u);
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(notice.consequences[static_cast<std::size_t>(i)].starts_with(
            "CRITICAL customer-" + std::to_string(100'999 + 1000 * i)
        ));
    }
    const auto& last = notice.consequences.back();
    EXPECT_TRUE(last.starts_with("And 9")) << last;
    EXPECT_TRUE(last.ends_with(" more: all of them well")) << last;
    EXPECT_TRUE(notice.summary.starts_with("9990 of 10000 backup sets are")) << notice.summary;
}

TEST(Digest, of_ten_thousand_failures_names_many_and_counts_the_rest) {
    DigestFacts facts;
    for (int i = 0; i < 10'000; ++i) {
        facts.sets.push_back(failed(
            "customer-" + std::to_string(100'000 + i),
            i % 2 == 0 ? Severity::critical : Severity::unknown,
            std::string(500, 'x')
        ));
    }

    const Notice notice = make_digest(facts, morning);

    std::size_t bytes = 0;
    for (const std::string& line : notice.consequences) bytes += line.size();
    EXPECT_LT(bytes, 12'000u);
    const auto& lines = notice.consequences;
    ASSERT_GE(lines.size(), 3u);
    EXPECT_NE(lines[lines.size() - 2].find(" more critical: customer-1"), std::string::npos);
    EXPECT_TRUE(lines.back().starts_with("5000 more unknown: customer-100001/nightly, "));
    EXPECT_TRUE(lines.back().ends_with(" more")) << lines.back();
}

TEST(Digest, stays_whole_whatever_the_names_are) {
    for (const std::string& text : hostile_texts()) {
        DigestFacts facts;
        facts.sets = {failed(text, Severity::critical, text)};
        facts.sets[0].set = text;
        facts.others = {{text, Severity::unknown, text}};

        const Wording wording = word(make_digest(facts, morning), {}, morning);

        const std::string words = plain_text(wording);
        EXPECT_EQ(std::count(words.begin(), words.end(), '\r'), 0);
        EXPECT_LE(code_points(wording.title), 150u);
        EXPECT_LT(words.size(), 20'000u);
        EXPECT_EQ(wording.details.size(), 2u);
    }
}

}  // namespace
}  // namespace backupwatch
