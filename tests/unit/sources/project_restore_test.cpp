#include "sources/dump/project_restore.hpp"

#include "postgres/role_names.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

struct ProjectCase {
    const char* kind;
    const char* schema;
    const char* name;
    const char*
        part;  ///< structure | rows | large_objects | views, or - where it is the platform's
    const char* definition = "";
    const char* owner = "postgres";
    std::uint64_t rows = 1;
};

constexpr ProjectCase project_cases[] = {
    {"SCHEMA", "", "app", "structure"},
    {"SCHEMA", "", "auth", "-"},
    {"SCHEMA", "", "supabase_migrations", "structure"},
    {"TABLE", "public", "posts", "structure"},
    {"TABLE", "auth", "users", "-"},
    {"FUNCTION", "auth", "uid()", "-"},
    {"FUNCTION", "public", "handle_new_user()", "structure"},
    {"EXTENSION", "", "pg_cron", "structure"},
    {"COMMENT", "", "EXTENSION pg_cron", "-"},
    {"COMMENT", "", "SCHEMA app", "structure"},
    {"ACL", "", "SCHEMA storage", "-"},
    {"ACL", "public", "TABLE posts", "structure"},
    {"ACL", "cron", "FUNCTION schedule(text)", "-"},
    {"ROW SECURITY", "storage", "objects", "-"},
    {"ACL", "storage", "TABLE objects", "-"},
    // A queue that its user has made.
    {"TABLE", "pgmq", "q_mails", "-"},
    {"ROW SECURITY", "pgmq", "q_mails", "structure"},
    {"ROW SECURITY", "pgmq", "meta", "-"},
    {"ACL", "pgmq", "TABLE q_mails", "structure"},
    {"ACL", "pgmq", "COLUMN \"q_My mails\".message", "structure"},
    {"ACL", "pgmq", "SEQUENCE q_mails_msg_id_seq", "structure"},
    {"ACL", "pgmq", "TABLE meta", "-"},
    {"ACL", "pgmq", "FUNCTION create(text)", "-"},
    {"DEFAULT ACL", "public", "DEFAULT PRIVILEGES FOR TABLES", "structure"},
    {"DEFAULT ACL", "public", "DEFAULT PRIVILEGES FOR TABLES", "-", "", "supabase_admin"},
    // What users put onto tables of the platform's.
    {"TRIGGER",
     "auth",
     "users on_auth_user_created",
     "structure",
     "CREATE TRIGGER x AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.h();"},
    {"TRIGGER",
     "storage",
     "objects update_objects",
     "-",
     "CREATE TRIGGER x BEFORE UPDATE ON storage.objects EXECUTE FUNCTION storage.u();"},
    {"TRIGGER",
     "auth",
     "users on_user",
     "structure",
     "CREATE TRIGGER x ON auth.users EXECUTE FUNCTION supabase_functions.http_request('u');"},
    {"TRIGGER",
     "cron",
     "job cron_job_cache_invalidate",
     "-",
     "CREATE TRIGGER x ON cron.job EXECUTE FUNCTION cron.job_cache_invalidate();"},
    {"TRIGGER",
     "public",
     "posts on_post",
     "structure",
     "CREATE TRIGGER x ON public.posts EXECUTE FUNCTION supabase_functions.http_request('u');"},
    {"POLICY", "storage", "objects own", "structure"},
    {"ROW SECURITY", "storage", "objects", "-"},
    {"ROW SECURITY", "public", "posts", "structure"},
    {"EVENT TRIGGER", "", "pgrst_ddl_watch", "-", "EXECUTE FUNCTION extensions.pgrst_ddl_watch();"},
    {"EVENT TRIGGER", "", "mine", "structure", "EXECUTE FUNCTION public.note_ddl();"},
    {"PUBLICATION", "", "supabase_realtime", "-"},
    {"PUBLICATION", "", "warehouse", "structure"},
    {"PUBLICATION TABLE", "public", "supabase_realtime posts", "structure"},
    {"TABLE DATA", "public", "posts", "rows"},
    {"TABLE DATA", "auth", "users", "rows"},
    {"TABLE DATA", "auth", "schema_migrations", "-"},
    {"TABLE DATA", "storage", "migrations", "-"},
    {"TABLE DATA", "supabase_functions", "hooks", "-"},
    {"TABLE DATA", "cron", "job", "-"},
    {"TABLE DATA", "pgmq", "meta", "-"},
    {"TABLE DATA", "pgmq", "q_mails", "rows"},
    {"SEQUENCE SET", "cron", "jobid_seq", "-"},
    // A project's postgres may not write there even nothing.
    {"TABLE DATA", "public", "spatial_ref_sys", "-", "", "", 0},
    {"TABLE DATA", "storage", "buckets_vectors", "-"},
    {"TABLE DATA", "storage", "vector_indexes", "-"},
    {"SEQUENCE SET", "public", "empty_id_seq", "rows", "", "", 0},
    {"SEQUENCE SET", "public", "posts_id_seq", "rows"},
    {"BLOB", "", "4242", "structure"},
    {"BLOBS", "", "BLOBS", "large_objects"},
    {"MATERIALIZED VIEW DATA", "public", "post_counts", "views"},
};

TEST(ProjectRestore, parts_what_is_the_users_from_what_each_project_has) {
    for (const ProjectCase& one : project_cases) {
        Archive archive;
        ArchiveEntry& entry = archive.entries.emplace_back();
        entry.dump_id = 7;
        entry.description = one.kind;
        entry.schema = one.schema;
        entry.name = one.name;
        entry.definition = one.definition;
        entry.owner = one.owner;

        Manifest manifest;
        TableContent& table = manifest.tables.emplace_back();
        table.dump_id = 7;
        table.rows.count = one.rows;

        const ProjectLists lists = project_lists(archive, manifest);

        std::string part = "-";
        if (!lists.structure.empty()) part = "structure";
        if (!lists.rows.empty()) part = "rows";
        if (!lists.large_objects.empty()) part = "large_objects";
        if (!lists.views.empty()) part = "views";
        EXPECT_EQ(part, one.part) << one.kind << " " << one.schema << " " << one.name;
        const std::string all = lists.structure + lists.rows + lists.large_objects + lists.views;
        EXPECT_LE(std::count(all.begin(), all.end(), '\n'), 1);
    }
}

TEST(ProjectRestore, lists_entries_by_their_numbers_and_names_each_for_people) {
    Archive archive;
    const std::pair<ProjectCase, const char*> table[] = {
        {{"TABLE DATA", "auth", "sessions", "", "", "supabase_auth_admin"},
         "7; TABLE DATA auth sessions supabase_auth_admin\n"},
        {{"TABLE DATA", "public", "a\n9; b", "", "", "me"}, "8; TABLE DATA public a 9; b me\n"},
        {{"EXTENSION", "", "plv8", "", "", ""}, "9; EXTENSION - plv8 \n"},
    };
    for (const auto& [one, line] : table) {
        ArchiveEntry& entry = archive.entries.emplace_back();
        entry.dump_id = 6 + static_cast<int>(archive.entries.size());
        entry.description = one.kind;
        entry.schema = one.schema;
        entry.name = one.name;
        entry.owner = one.owner;
    }

    const ProjectLists lists = project_lists(archive, Manifest());

    EXPECT_EQ(lists.rows, std::string(table[0].second) + table[1].second);
    EXPECT_EQ(lists.structure, table[2].second);
}

TEST(ProjectRestore, knows_the_lines_that_would_end_its_transaction) {
    for (const char* line : {"BEGIN;", "COMMIT;"}) EXPECT_TRUE(begins_or_ends(line)) << line;
    for (const char* line :
         {"",
          "BEGIN",
          " COMMIT;",
          "SELECT pg_catalog.lo_close(0);",
          "SELECT pg_catalog.lowrite(0, '\\x434f4d4d49543b');"}) {
        EXPECT_FALSE(begins_or_ends(line)) << line;
    }
}

TEST(ProjectRestore, makes_the_roles_that_what_is_the_users_names_and_no_owners) {
    Archive archive;
    const ProjectCase entries[] = {
        {"TABLE", "public", "posts", "", "", "old_owner"},
        {"ACL", "public", "TABLE posts", "", "GRANT SELECT ON TABLE public.posts TO clerk;"},
        {"ACL", "cron", "FUNCTION f()", "", "GRANT ALL ON FUNCTION cron.f() TO platforms_own;"},
        {"DEFAULT ACL",
         "public",
         "DEFAULT PRIVILEGES FOR TABLES",
         "",
         "ALTER DEFAULT PRIVILEGES FOR ROLE maker IN SCHEMA public GRANT ALL ON TABLES TO reader;",
         "maker"},
        {"ACL", "pgmq", "TABLE q_mails", "", "GRANT SELECT ON TABLE pgmq.q_mails TO mailer;"},
        {"ACL", "pgmq", "TABLE q_shut", "", "GRANT SELECT ON TABLE pgmq.q_shut TO nobody_else;"},
    };
    Manifest manifest;
    manifest.undumped_queues = {{"shut", {"TABLE pgmq.q_shut"}, 0}};
    for (const ProjectCase& one : entries) {
        ArchiveEntry& entry = archive.entries.emplace_back();
        entry.description = one.kind;
        entry.schema = one.schema;
        entry.name = one.name;
        entry.definition = one.definition;
        entry.owner = one.owner;
    }

    const Archive part = users_part(archive, manifest);

    std::set<std::string> roles = roles_in(part);
    roles.erase("");
    EXPECT_EQ(roles, (std::set<std::string>{"clerk", "mailer", "maker", "reader"}));
    std::set<std::string> owners = owners_in(part);
    owners.erase("");
    EXPECT_EQ(owners, (std::set<std::string>{"maker"}));
}

TEST(ProjectRestore, makes_no_subscription_and_tells_it) {
    Archive archive;
    for (const char* kind : {"SUBSCRIPTION", "PUBLICATION"}) {
        ArchiveEntry& entry = archive.entries.emplace_back();
        entry.description = kind;
        entry.name = "orders";
    }
    const auto left_out = left_out_subscriptions(archive);
    ASSERT_EQ(left_out.size(), 1u);
    EXPECT_EQ(left_out.front().what, "subscription orders");
    const auto arguments = script_arguments("structure");
    EXPECT_NE(std::find(arguments.begin(), arguments.end(), "--no-subscriptions"), arguments.end());
}

TEST(ProjectRestore, expects_all_but_what_is_the_projects_own) {
    Manifest manifest;
    for (const char* name :
         {"auth.users",
          "auth.schema_migrations",
          "storage.migrations",
          "supabase_functions.hooks"}) {
        manifest.tables.emplace_back().name = name;
    }
    manifest.sequences = {
        {"auth.refresh_tokens_id_seq", 1, 1}, {"supabase_functions.hooks_id_seq", 1, 1}};
    manifest.schema = {
        {"column", "auth.users.id", "uuid"},
        {"event trigger", "mine", "EXECUTE FUNCTION public.note()"},
        {"event trigger", "pgrst_ddl_watch", "EXECUTE FUNCTION extensions.pgrst_ddl_watch()"},
        {"policy", "storage.objects.own", "USING (true)"},
        {"publication", "supabase_realtime", ""},
        {"schema", "auth", ""},
        {"table", "public.posts", ""},
        {"trigger", "auth.users.on_created", "EXECUTE FUNCTION public.handle_new_user()"},
        {"trigger", "auth.users.on_user", "EXECUTE FUNCTION supabase_functions.http_request('u')"},
        {"trigger", "storage.objects.update_objects", "EXECUTE FUNCTION storage.u()"},
    };

    manifest.not_held = {{"secrets of the vault", ""}, {"the work of cron jobs (2)", ""}};

    const Manifest expected = expected_in_project(manifest);

    ASSERT_EQ(expected.tables.size(), 1u);
    EXPECT_EQ(expected.tables.front().name, "auth.users");
    ASSERT_EQ(expected.not_held.size(), 1u);
    ASSERT_EQ(expected.sequences.size(), 1u);
    std::vector<std::string> names;
    for (const SchemaObject& object : expected.schema) names.push_back(object.name);
    EXPECT_EQ(
        names,
        (std::vector<std::string>{
            "mine",
            "storage.objects.own",
            "public.posts",
            "auth.users.on_created",
            "auth.users.on_user"})
    );
}

}  // namespace
}  // namespace backupwatch
