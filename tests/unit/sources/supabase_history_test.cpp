#include "sources/supabase/history.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(SupabaseHistory, reads_back_as_it_was_kept) {
    ProjectHistory history;
    EXPECT_EQ(read_history(history_text(history)), history);
    history.standing = ProjectFacts{"abcdefghijklmnopqrst", "us-east-1", "pro", 7, 14, true, 17};
    history.status = "RESTORING";
    history.status_since = parse_rfc3339("2026-11-22T03:00:00Z");
    history.pitr_began = parse_rfc3339("2026-11-01T00:00:00Z");
    history.last_evidence = parse_rfc3339("2026-11-22T03:00:00.5Z");
    history.last_refusal = parse_rfc3339("2026-11-21T03:00:00Z");
    history.last = ProjectFacts{"abcdefghijklmnopqrst", "us-east-1", "free", 0, 14, false, 17};
    history.had_backups = true;
    history.is_without = true;
    history.waiting = {history.status_since.value(), history.last_evidence.value()};
    EXPECT_EQ(read_history(history_text(history)), history);
    for (const char* text :
         {"", "[]", "{}", R"({"status":7})", R"({"status":"","standing":{"ref":1}})"}) {
        EXPECT_EQ(read_history(text), ProjectHistory()) << text;
    }
}

TEST(SupabaseHistory, lets_what_has_got_better_stand_and_not_what_has_got_worse) {
    ProjectHistory history;
    ProjectFacts pro{"abcdefghijklmnopqrst", "", "pro", 7, std::nullopt, false, 0};
    remember(history, pro);
    ProjectFacts team{"abcdefghijklmnopqrst", "eu", "team", 14, 7, true, 17};
    remember(history, team);
    EXPECT_EQ(history.standing, team);
    remember(history, pro);
    EXPECT_EQ(history.standing, team);
    EXPECT_EQ(changes_for_the_worse(*history.standing, pro).size(), 3u);
    EXPECT_TRUE(changes_for_the_worse(*history.standing, team).empty());
}

TEST(SupabaseHistory, of_another_project_begins_anew) {
    const auto some_time = parse_rfc3339("2026-11-01T00:00:00Z").value();
    ProjectHistory history;
    remember(history, {"abcdefghijklmnopqrst", "", "pro", 7, std::nullopt, true, 0});
    history.pitr_began = some_time;
    history.waiting = {some_time};
    history.had_backups = true;
    history.is_without = true;
    const ProjectFacts other{"tsrqponmlkjihgfedcba", "", "pro", 7, std::nullopt, true, 0};
    remember(history, other);
    EXPECT_EQ(history.pitr_began, std::nullopt) << "its stretch is as young as it is";
    EXPECT_TRUE(history.waiting.empty());
    EXPECT_FALSE(history.had_backups);
    EXPECT_FALSE(history.is_without) << "that was said of the other one";
    EXPECT_EQ(changes_for_the_worse(*history.standing, other).size(), 1u) << "that is told still";
}

TEST(SupabaseHistory, of_what_waits_keeps_few_looks_and_the_oldest_that_counts) {
    const auto begin = parse_rfc3339("2026-11-22T00:00:00Z").value();
    const Duration step = std::chrono::minutes(1);
    ProjectHistory history;
    for (int look = 1; look <= 1000; ++look) {
        remember_waiting(history, begin, true, begin + look * step);
        ASSERT_EQ(history.waiting.front(), begin + step);
        ASSERT_LE(history.waiting.size(), 32u);
    }
    remember_waiting(history, begin, std::nullopt, begin + 1001 * step);
    EXPECT_FALSE(history.waiting.empty()) << "nobody could tell: as it was";
    remember_waiting(history, begin + 500 * step, true, begin + 1002 * step);
    EXPECT_GT(history.waiting.front(), begin + 500 * step);
    EXPECT_LT(history.waiting.front(), begin + 600 * step);
    remember_waiting(history, begin + 500 * step, false, begin + 1003 * step);
    EXPECT_TRUE(history.waiting.empty());
}

}  // namespace
}  // namespace backupwatch
