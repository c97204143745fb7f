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

}  // namespace
}  // namespace backupwatch
