#include "sources/dump/project_restore.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

struct ProjectCase {
    const char* kind;
    const char* schema;
    const char* name;
    const char* part;  ///< structure | rows | views, or - where it is the platform's
    const char* definition = "";
    const char* owner = "postgres";
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
    {"TABLE DATA", "cron", "job", "rows"},
    {"SEQUENCE SET", "public", "posts_id_seq", "rows"},
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

        const ProjectLists lists = project_lists(archive);

        std::string part = "-";
        if (!lists.structure.empty()) part = "structure";
        if (!lists.rows.empty()) part = "rows";
        if (!lists.views.empty()) part = "views";
        EXPECT_EQ(part, one.part) << one.kind << " " << one.schema << " " << one.name;
        EXPECT_LE(lists.structure.size() + lists.rows.size() + lists.views.size(), 3u);
    }
}

}  // namespace
}  // namespace backupwatch
