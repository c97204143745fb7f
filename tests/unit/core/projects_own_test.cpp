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

    add_projects_own(verification, manifest, expected, restored, {});

    ASSERT_EQ(verification.skipped.size(), 2u);
    EXPECT_EQ(verification.skipped[0].what, "index auth.users_mine");
    EXPECT_EQ(verification.skipped[1].what, "1 object of the platform's schemas");
    EXPECT_TRUE(verification.skipped[0].of_platform);
    EXPECT_TRUE(verification.errors.empty());
}

TEST(ProjectsOwn, is_named_each_but_for_what_goes_with_a_table_that_has_a_note) {
    Manifest manifest;
    for (int i = 0; i < 50; ++i) {
        manifest.schema.push_back({"column", "storage.gone.c" + std::to_string(i), "text"});
    }
    manifest.schema.insert(
        manifest.schema.end(),
        {{"column", "storage.uploads.version", "text"},
         {"constraint", "storage.gone.gone_pkey", "PRIMARY KEY (c1)"},
         {"constraint", "storage.uploads.mine", "CHECK (version <> '')"},
         {"function", "auth.mine()", ""},
         {"index", "auth.users_mine", "CREATE INDEX users_mine ON auth.users USING btree (id)"},
         {"index", "storage.gone_pkey", "CREATE UNIQUE INDEX gone_pkey ON storage.gone USING "},
         {"index", "storage.gone_too", "CREATE INDEX gone_too ON storage.gone_2 USING "},
         {"table", "storage.gone", ""},
         {"trigger", "storage.gone.own", ""}}
    );
    for (int i = 0; i < 50; ++i) {
        manifest.schema.push_back({"view", "auth.v" + std::to_string(i), ""});
    }
    RestoredContent restored;
    restored.schema = {{"table", "storage.uploads", ""}};
    Verification verification;

    add_projects_own(
        verification, manifest, Manifest(), restored, {"storage.gone", "storage.uploads"}
    );

    std::vector<std::string> named;
    for (const SkippedPart& part : verification.skipped) named.push_back(part.what);
    ASSERT_EQ(named.size(), 4u + 50 + 1);
    named.resize(4);
    EXPECT_EQ(
        named,
        (std::vector<std::string>{
            "constraint storage.uploads.mine",
            "function auth.mine()",
            "index auth.users_mine",
            "index storage.gone_too"})
    );
}

}  // namespace
}  // namespace backupwatch
