#include "unit/core/a_set.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(SizeCheck, compares_the_newest_with_the_median_before_it) {
    constexpr std::uint64_t huge = 18'000'000'000'000'000'000u;
    struct Case {
        const char* what;
        std::vector<std::uint64_t> sizes;  ///< the oldest first
        Severity severity;
        const char* summary;
    };
    const std::vector<Case> cases{
        {"as usual", {100, 100, 100, 100}, Severity::ok, nullptr},
        {"exactly half", {100, 100, 100, 50}, Severity::ok, nullptr},
        {"under half",
         {100, 100, 100, 49},
         Severity::warning,
         "the last backup is 49 B, under half of the usual 100 B (median of the 3 before it)"},
        {"exactly double", {100, 100, 100, 200}, Severity::ok, nullptr},
        {"over double",
         {100, 100, 100, 201},
         Severity::warning,
         "the last backup is 201 B, over double of the usual 100 B (median of the 3 before it)"},
        {"empty", {100, 100, 100, 0}, Severity::critical, nullptr},
        {"empty, and the first", {0}, Severity::critical, nullptr},
        {"too few to compare",
         {100, 100, 1},
         Severity::ok,
         "the last backup is 1 B; with 2 backups before it there is nothing usual yet"},
        {"the first",
         {5},
         Severity::ok,
         "the last backup is 5 B; with 0 backups before it there is nothing usual yet"},
        {"an outlier before it does not move the median",
         {100, 100, 1, 100, 90},
         Severity::ok,
         nullptr},
        {"even counts: between the two", {100, 100, 200, 200, 74}, Severity::warning, nullptr},
        {"even counts: between the two", {100, 100, 200, 200, 75}, Severity::ok, nullptr},
        {"only the last seven count",
         {9, 9, 9, 9, 9, 9, 9, 100, 100, 100, 100, 100, 100, 100, 100},
         Severity::ok,
         nullptr},
        {"empty ones before it say nothing", {0, 0, 0, 100, 100, 100, 100}, Severity::ok, nullptr},
        {"no overflow", {huge, huge, huge, huge}, Severity::ok, nullptr},
        {"no overflow below", {huge, huge, huge, huge / 2 - 1}, Severity::warning, nullptr},
    };
    for (const auto& c : cases) {
        ASet set;
        set.backups().clear();
        Instant when = noon - Duration(day) * static_cast<int>(c.sizes.size());
        for (const std::uint64_t size : c.sizes) {
            set.backups().push_back(completed(to_rfc3339(when += day), size));
        }
        const auto finding = set.find("size");
        ASSERT_TRUE(finding) << c.what;
        EXPECT_EQ(finding->severity, c.severity) << c.what << ": " << finding->summary;
        EXPECT_EQ(finding->failures, c.severity == Severity::ok ? 0 : 1) << c.what;
        if (c.summary) {
            EXPECT_EQ(finding->summary, c.summary);
        }
    }
}

TEST(SizeCheck, says_what_is_usual) {
    EXPECT_EQ(
        ASet().say("size"),
        "ok 0: the last backup is 151.2 MB, near the usual 151.2 MB (median of the 6 before it)"
    );
}

TEST(SizeCheck, is_silent_where_the_source_tells_no_size) {
    ASet set;
    set.backups().back().size_bytes.reset();
    EXPECT_EQ(set.say("size"), "silent");
}

TEST(SizeCheck, leaves_out_what_did_not_complete) {
    ASet set;
    for (Backup& backup : set.backups()) {
        if (backup.id < "2026-11-20") backup.status = BackupStatus::failed;
    }
    EXPECT_EQ(
        set.say("size"),
        "ok 0: the last backup is 151.2 MB; with 2 backups before it there is nothing usual yet"
    );
}

}  // namespace
}  // namespace backupwatch
