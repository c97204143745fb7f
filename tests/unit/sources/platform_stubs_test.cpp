#include "sources/dump/platform_stubs.hpp"

#include "sources/dump/restore_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

using Statements = std::vector<std::string>;

ArchiveEntry item(
    int id, std::string kind, std::string schema, std::string name, std::vector<int> dependencies
) {
    ArchiveEntry entry;
    entry.dump_id = id;
    entry.description = std::move(kind);
    entry.schema = std::move(schema);
    entry.name = std::move(name);
    entry.dependencies = std::move(dependencies);
    return entry;
}

/// pg_cron with two jobs: its table, 900, is nowhere in the archive.
Archive with_jobs() {
    Archive archive;
    archive.entries = {
        item(2, "EXTENSION", "", "pg_cron", {}),
        item(3, "COMMENT", "", "EXTENSION pg_cron", {2}),
        item(4, "EXTENSION", "", "pgcrypto", {}),
        item(10, "TABLE", "public", "posts", {}),
        item(11, "TABLE DATA", "cron", "job", {900}),
        item(12, "SEQUENCE SET", "cron", "jobid_seq", {901}),
        item(13, "ACL", "cron", "FUNCTION schedule(text)", {902}),
        item(14, "ACL", "public", "TABLE posts", {10}),
    };
    archive.entries[4].copy_statement = "COPY cron.job (jobid, \"user\") FROM stdin;\n";
    return archive;
}

Manifest of_supabase() {
    Manifest manifest;
    manifest.is_of_supabase = true;
    TableContent jobs;
    jobs.name = "cron.job";
    jobs.rows.count = 2;
    jobs.dump_id = 11;
    manifest.tables = {jobs};
    return manifest;
}

TEST(PlatformStubs, take_what_an_extension_keeps_that_no_drill_makes) {
    const PlatformStubs stubs = platform_stubs(with_jobs());

    EXPECT_EQ(stubs.extensions, std::set<std::string>{"pg_cron"});
    EXPECT_EQ(
        stubs.statements,
        (Statements{
            "CREATE SCHEMA cron",
            "CREATE TABLE cron.job (jobid text, \"user\" text)",
            "CREATE SEQUENCE cron.jobid_seq"})
    );
    EXPECT_EQ(stubs.filled, (std::set<int>{11, 12}));
    EXPECT_EQ(stubs.left_out, std::set<int>{13});
}

TEST(PlatformStubs, are_none_where_the_archive_needs_none) {
    Archive archive = with_jobs();
    archive.entries.resize(4);
    EXPECT_EQ(platform_stubs(archive).statements, Statements());
    EXPECT_EQ(platform_stubs(Archive()).statements, Statements());
}

TEST(PlatformStubs, make_the_schema_of_a_table_that_is_the_users_own_there) {
    Archive archive;
    archive.entries = {
        item(2, "EXTENSION", "", "pgmq", {}),
        item(5, "SCHEMA", "", "pgmq", {}),
        item(10, "TABLE", "pgmq", "q_mails", {5}),
        item(11, "TABLE DATA", "pgmq", "q_mails", {10}),
    };
    const PlatformStubs stubs = platform_stubs(archive);

    EXPECT_EQ(stubs.statements, Statements{"CREATE SCHEMA pgmq"});
    EXPECT_EQ(stubs.filled, std::set<int>());
    EXPECT_EQ(stubs.left_out, std::set<int>{5}) << "the archive would make it a second time";
}

TEST(PlatformStubs, have_the_functions_that_a_policy_names) {
    Archive archive;
    archive.entries = {item(10, "POLICY", "public", "rooms own", {})};
    archive.entries[0].definition =
        "CREATE POLICY own ON public.rooms USING ((realtime.topic() = name));";
    const Statements made = platform_stubs(archive).statements;
    ASSERT_EQ(made.size(), 2u);
    EXPECT_EQ(made[0], "CREATE SCHEMA realtime");
    EXPECT_TRUE(made[1].starts_with("CREATE FUNCTION realtime.topic() RETURNS text")) << made[1];

    archive.entries.push_back(item(3, "SCHEMA", "", "realtime", {}));
    EXPECT_EQ(platform_stubs(archive).statements, Statements()) << "the archive has the real one";
}

TEST(RestorePlan, of_a_project_leaves_the_platforms_extensions_out_also_where_they_are_installed) {
    const RestorePlan plan = plan_restore(with_jobs(), of_supabase(), {"pg_cron", "pgcrypto"}, 15);

    EXPECT_EQ(plan.missing, std::vector<MissingHere>());
    EXPECT_EQ(plan.left_out.extensions, std::set<std::string>{"pg_cron"});
    EXPECT_EQ(plan.left_out_entries, (std::set<int>{2, 3, 13}));
    EXPECT_EQ(plan.left_out.tables, std::set<std::string>()) << "its jobs are compared";
    EXPECT_EQ(plan.stubs.size(), 3u);
}

TEST(RestorePlan, leaves_what_acts_outward_to_a_person_with_the_statements_for_it) {
    Archive archive = with_jobs();
    archive.entries.push_back(item(5, "EXTENSION", "", "pg_net", {}));
    archive.entries.push_back(item(30, "SUBSCRIPTION", "", "their orders", {}));

    const auto later =
        left_for_later(plan_restore(archive, of_supabase(), {"pg_cron", "pgcrypto"}, 15));

    ASSERT_EQ(later.size(), 3u);
    EXPECT_EQ(later[0].what, "the extension pg_cron");
    EXPECT_EQ(
        later[0].step,
        "Once nothing uses the old database, make the extension pg_cron: `ALTER SCHEMA cron RENAME "
        "TO cron_restored; CREATE EXTENSION pg_cron;`, then enter again what lies in the schema "
        "cron_restored."
    );
    EXPECT_EQ(
        later[1].step,
        "Once nothing uses the old database, make the extension pg_net, which this server does not "
        "have yet: `CREATE EXTENSION pg_net;`."
    );
    EXPECT_EQ(later[2].what, "the subscription their orders");
    EXPECT_EQ(
        later[2].step,
        "Drop the subscription \"their orders\" of the old database, then make it here: both would "
        "share one slot."
    );
}

TEST(RestorePlan, of_another_database_never_makes_stubs) {
    Manifest manifest = of_supabase();
    manifest.is_of_supabase = false;

    const RestorePlan plan = plan_restore(with_jobs(), manifest, {"pgcrypto"}, 15);

    EXPECT_EQ(plan.stubs, Statements());
    ASSERT_EQ(plan.missing.size(), 1u);
}

TEST(RestorePlan, names_the_owners_that_only_a_platform_lets_own_something) {
    Archive archive;
    archive.entries = {
        item(1, "EVENT TRIGGER", "", "watch", {}),
        item(2, "PUBLICATION", "", "some", {}),
        item(3, "PUBLICATION", "", "all", {}),
        item(4, "FOREIGN DATA WRAPPER", "", "stripe", {}),
        item(5, "TABLE", "public", "posts", {})};
    const char* owners[] = {"ann", "bob", "cem", "dan", "eve"};
    for (std::size_t i = 0; i < archive.entries.size(); ++i) archive.entries[i].owner = owners[i];
    archive.entries[1].definition = "CREATE PUBLICATION some WITH (publish = 'insert');";
    archive.entries[2].definition = "CREATE PUBLICATION \"all\" FOR ALL TABLES WITH (...);";

    const RestorePlan plan = plan_restore(archive, Manifest(), {}, 15);

    EXPECT_EQ(plan.owners_like_superusers, (std::set<std::string>{"ann", "cem", "dan"}));
}

// D7: what nothing needs is left out, what a column needs is a hard failure, each by its name.
TEST(RestorePlan, D7_names_the_extension_that_something_depends_on) {
    Archive archive = with_jobs();
    archive.entries.push_back(item(20, "VIEW", "public", "my_jobs", {2}));
    archive.entries.push_back(item(5, "EXTENSION", "", "vector", {}));
    archive.entries.push_back(item(21, "TABLE", "public", "embeddings", {5}));
    archive.entries.push_back(item(6, "EXTENSION", "", "pgjwt", {}));

    const RestorePlan plan = plan_restore(archive, of_supabase(), {"pgcrypto"}, 15);

    ASSERT_EQ(plan.missing.size(), 2u);
    EXPECT_EQ(
        plan.missing[0].sentence,
        "something in the dump depends on the extension pg_cron, which no drill makes since it "
        "acts "
        "outward"
    );
    EXPECT_EQ(
        plan.missing[1].sentence, "the extension vector is not installed for PostgreSQL 15 here"
    );
    EXPECT_EQ(plan.left_out.extensions, std::set<std::string>{"pgjwt"});
}

}  // namespace
}  // namespace backupwatch
