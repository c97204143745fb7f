#include "sources/dump/instructions.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

bool tells(const std::vector<std::string>& commands, const char* words) {
    return std::ranges::any_of(commands, [&](const std::string& command) {
        return command.find(words) != command.npos;
    });
}

TEST(RestoreByHand, of_a_project_has_commands_only_where_its_lists_are_those_that_they_read) {
    Manifest manifest;
    manifest.database_name = "postgres";
    manifest.is_of_supabase = true;
    manifest.not_held = {{"secrets of the vault", "keep them elsewhere as well"}};
    // As earlier versions sealed them.
    manifest.files = {
        {"structure.list", 1, 1, ""}, {"rows.list", 1, 1, ""}, {"views.list", 1, 1, ""}};

    const ByHand earlier = restore_by_hand(manifest, "/dumps/20261121T030000Z", 2);

    EXPECT_TRUE(earlier.is_into_project);
    EXPECT_TRUE(earlier.is_guided_only);
    EXPECT_TRUE(earlier.fetch.empty());
    EXPECT_TRUE(earlier.load.empty());
    EXPECT_EQ(earlier.not_held.size(), 1u);

    manifest.files.push_back({"large_objects.list", 1, 1, ""});
    const ByHand now = restore_by_hand(manifest, "/dumps/20261121T030000Z", 2);
    EXPECT_FALSE(now.is_guided_only);
    EXPECT_TRUE(tells(now.load, "--use-list=rows.list"));

    // Of any other database there are no lists.
    manifest.is_of_supabase = false;
    manifest.files.clear();
    const ByHand plain = restore_by_hand(manifest, "/dumps/20261121T030000Z", 2);
    EXPECT_FALSE(plain.is_guided_only);
    EXPECT_TRUE(tells(plain.load, "pg_restore"));
}

}  // namespace
}  // namespace backupwatch
