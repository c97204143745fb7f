#include "core/backup/projects_own.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(ProjectsOwn, is_skipped_by_name_where_the_project_has_it_not) {
    Manifest manifest;
    manifest.schema = {
        {"index", "auth.users_mine", "of its user"},
        {"table", "auth.users", ""},
        {"table", "public.posts", ""},
    };
    Manifest expected;
    expected.schema = {{"table", "public.posts", ""}};
    RestoredContent restored;
    restored.schema = {
        {"table", "auth.users", "of a newer version"}, {"table", "public.posts", ""}};
    Verification verification;

    add_projects_own(verification, manifest, expected, restored);

    ASSERT_EQ(verification.skipped.size(), 2u);
    EXPECT_EQ(verification.skipped[0].what, "index auth.users_mine");
    EXPECT_EQ(verification.skipped[1].what, "1 object of the platform's schemas");
    EXPECT_TRUE(verification.skipped[0].of_platform);
    EXPECT_TRUE(verification.errors.empty());
}

TEST(ProjectsOwn, is_named_up_to_a_bound) {
    Manifest manifest;
    for (int i = 0; i < 50; ++i) {
        manifest.schema.push_back({"index", "auth.i" + std::to_string(i), ""});
    }
    Verification verification;

    add_projects_own(verification, manifest, Manifest(), RestoredContent());

    ASSERT_EQ(verification.skipped.size(), 22u);
    EXPECT_EQ(verification.skipped[20].what, "30 more objects");
}

}  // namespace
}  // namespace backupwatch
