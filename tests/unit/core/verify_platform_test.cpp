#include "core/backup/differences.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Errors = std::vector<std::string>;

const std::vector<SchemaObject> restored_project{
    {"materialized view", "public.counts", "SELECT 1;"},
    {"materialized view", "public.unused", "SELECT 2; WITH NO DATA"},
    {"policy", "public.posts.\"own posts\"", "PERMISSIVE FOR r USING (true)"},
    {"table", "public.logs", "TABLE"},
    {"table", "public.posts", "TABLE ROW LEVEL SECURITY"},
};

std::string detail_of(const Verification& verification, const std::string& name) {
    for (const auto& check : verification.checks) {
        if (check.name == name) return check.detail;
    }
    return "no such check";
}

Verification verified_files(std::vector<SchemaObject> said) {
    Manifest manifest;
    manifest.is_of_supabase = manifest.is_from_file = true;
    manifest.schema = std::move(said);
    manifest.not_held = {{"secrets of the vault", "encrypted"}};
    RestoredContent restored;
    restored.schema = restored_project;
    return verify(manifest, restored, VerifyPolicy());
}

TEST(VerifyPlatform, says_how_much_hides_rows_and_what_the_backup_does_not_hold) {
    const Verification verification = verified_files(
        {{"policy", "public.posts.\"own posts\"", ""}, {secured_table, "public.posts", ""}}
    );

    EXPECT_EQ(verification.errors, Errors());
    EXPECT_EQ(detail_of(verification, "row-level security"), "enabled on 1 of 2 tables, 1 policy");
    EXPECT_EQ(detail_of(verification, "materialized views"), "2 views, 1 never filled");
    ASSERT_FALSE(verification.skipped.empty());
    EXPECT_EQ(verification.skipped.back().what, "secrets of the vault");
    EXPECT_TRUE(verification.skipped.back().of_platform);
}

TEST(VerifyPlatform, fails_for_a_policy_that_the_files_have_and_the_database_has_not) {
    const Verification verification =
        verified_files({{"policy", "public.logs.theirs", ""}, {secured_table, "public.logs", ""}});

    EXPECT_EQ(
        verification.errors,
        (Errors{
            "policy public.logs.theirs is missing",
            "public.logs: row-level security is not enabled"})
    );
    EXPECT_EQ(detail_of(verification, "row-level security"), "2 differences");
}

TEST(VerifyPlatform, is_of_no_other_database) {
    Manifest manifest;
    RestoredContent restored;
    restored.schema = restored_project;
    const Verification verification = verify(manifest, restored, VerifyPolicy());
    EXPECT_EQ(detail_of(verification, "row-level security"), "no such check");
}

}  // namespace
}  // namespace backupwatch
