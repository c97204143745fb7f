#include "sources/dump/project_fit.hpp"

#include "sources/dump/project_restore.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace backupwatch {
namespace {

using Names = std::vector<std::string>;

Names names_of(const std::vector<ListedEntry>& entries) {
    Names names;
    for (const ListedEntry& entry : entries) names.push_back(in_a_sentence(entry));
    return names;
}

using Ids = std::set<int>;

Ids ids_in(const std::string& list) {
    Ids ids;
    std::istringstream lines(list);
    for (std::string line; std::getline(lines, line);) ids.insert(std::stoi(line));
    return ids;
}

struct EntryOfProject {
    int id;
    const char* kind;
    const char* schema;
    const char* name;
    std::vector<int> dependencies{};
    const char* definition = "";
};

Archive archive_of(const std::vector<EntryOfProject>& entries) {
    Archive archive;
    for (const EntryOfProject& one : entries) {
        ArchiveEntry& entry = archive.entries.emplace_back();
        entry.dump_id = one.id;
        entry.description = one.kind;
        entry.schema = one.schema;
        entry.name = one.name;
        entry.dependencies = one.dependencies;
        entry.definition = one.definition;
    }
    return archive;
}

/// A platform's table and queue, both without rows, and what a project has of them itself.
std::vector<EntryOfProject> prefixes_and_queue() {
    return {
        {1, "TABLE", "storage", "prefixes"},
        {2, "TABLE DATA", "storage", "prefixes", {1}},
        {3, "CONSTRAINT", "storage", "prefixes prefixes_pkey", {1}},
        {4, "TRIGGER", "storage", "prefixes own", {1}, "EXECUTE FUNCTION storage.prefixes_own()"},
        {5, "TABLE DATA", "pgmq", "q_mails", {900}},
        {6, "SEQUENCE SET", "pgmq", "q_mails_msg_id_seq", {901}},
        {7, "TABLE", "public", "posts"},
    };
}

struct StandingCase {
    EntryOfProject entry;
    const char* standing;
};

TEST(ProjectFit, names_what_stands_on_a_table_that_is_gone) {
    const StandingCase table[] = {
        {{20, "POLICY", "storage", "prefixes own", {1}}, "policy storage.prefixes own"},
        {{20, "POLICY", "storage", "objects own", {19}}, ""},
        // A table of an extension's is not in the archive.
        {{20, "POLICY", "pgmq", "q_mails mine", {900}}, "policy pgmq.q_mails mine"},
        {{20, "POLICY", "pgmq", "q_mails2 mine", {902}}, ""},
        {{20, "TRIGGER", "storage", "prefixes mine", {1}, "EXECUTE FUNCTION public.f()"},
         "trigger storage.prefixes mine"},
        {{20, "FK CONSTRAINT", "public", "posts posts_fkey", {7, 3}},
         "fk constraint public.posts posts_fkey"},
        {{20, "VIEW", "public", "levels", {1}}, "view public.levels"},
        {{20, "ACL", "storage", "TABLE prefixes", {1}}, ""},
        {{20, "VIEW", "public", "titles", {7}}, ""},
    };
    for (const StandingCase& one : table) {
        std::vector<EntryOfProject> entries = prefixes_and_queue();
        entries.push_back(one.entry);
        const ProjectFit fit = project_fit(
            archive_of(entries), Manifest(), {{}, {{"storage.prefixes"}, {"pgmq.q_mails"}}}
        );
        const std::string name = one.standing;
        EXPECT_EQ(names_of(fit.standing), name.empty() ? Names() : Names{name}) << one.entry.name;
    }
}

TEST(ProjectFit, names_what_stands_on_a_column_that_is_gone) {
    const StandingCase table[] = {
        {{20, "POLICY", "storage", "prefixes own", {1}, "USING ((level > 1))"},
         "policy storage.prefixes own"},
        {{20, "POLICY", "storage", "prefixes own", {1}, "USING ((\"level\" > 1))"},
         "policy storage.prefixes own"},
        {{20, "POLICY", "storage", "prefixes own", {1}, "USING ((levels > sublevel))"}, ""},
        // Of a table that no entry makes: by its name.
        {{20, "POLICY", "pgmq", "q_mails mine", {900}, "USING ((headers IS NULL))"},
         "policy pgmq.q_mails mine"},
        {{20, "POLICY", "pgmq", "q_mails mine", {900}, "USING ((vt IS NULL))"}, ""},
        {{20, "VIEW", "public", "levels", {1}, "SELECT p.level FROM storage.prefixes p;"},
         "view public.levels"},
        {{20, "VIEW", "public", "levels", {7}, "SELECT p.level FROM public.posts p;"}, ""},
        // By the platform's key on it.
        {{20, "FK CONSTRAINT", "public", "posts posts_fkey", {7, 8}},
         "fk constraint public.posts posts_fkey"},
        {{20, "FK CONSTRAINT", "public", "posts posts_fkey", {7, 3}}, ""},
        {{20, "INDEX", "storage", "prefixes_level", {1}, "ON storage.prefixes (level)"}, ""},
    };
    for (const StandingCase& one : table) {
        std::vector<EntryOfProject> entries = prefixes_and_queue();
        entries.push_back({8, "CONSTRAINT", "storage", "prefixes key", {1}, "UNIQUE (level)"});
        entries.push_back(one.entry);
        const ProjectFit fit = project_fit(
            archive_of(entries),
            Manifest(),
            {{}, {{"storage.prefixes", "level"}, {"pgmq.q_mails", "headers"}}}
        );
        const std::string name = one.standing;
        EXPECT_EQ(names_of(fit.standing), name.empty() ? Names() : Names{name})
            << one.entry.name << one.entry.definition;
    }
}

TEST(ProjectFit, names_what_is_set_for_a_queue_that_the_project_has_not) {
    const Archive archive = archive_of(
        {{20, "ROW SECURITY", "pgmq", "q_mails", {900}},
         {21, "ACL", "pgmq", "SEQUENCE q_idle_msg_id_seq", {901}},
         {22, "POLICY", "pgmq", "q_mails mine", {900}},
         {23, "ACL", "pgmq", "TABLE q_there", {902}}}
    );
    const NeededPerhaps perhaps{{}, {}, std::set<std::string>{"pgmq.q_there"}};

    const ProjectFit fit = project_fit(archive, Manifest(), perhaps);

    const Names standing{
        "row security pgmq.q_mails",
        "acl pgmq.SEQUENCE q_idle_msg_id_seq",
        "policy pgmq.q_mails mine"};
    EXPECT_EQ(names_of(fit.standing), standing);
    EXPECT_EQ(fit.lacking_queues, (std::set<std::string>{"pgmq.q_idle", "pgmq.q_mails"}));
    EXPECT_TRUE(project_fit(archive, Manifest(), {{}, {}}).standing.empty()) << "nobody asked";
}

TEST(ProjectFit, leaves_out_what_is_set_for_tables_of_queues_of_which_the_dump_has_nothing_else) {
    const Archive archive = archive_of(
        {{20, "ACL", "pgmq", "TABLE q_mails"},
         {21, "ACL", "pgmq", "SEQUENCE q_mails_msg_id_seq"},
         {22, "ROW SECURITY", "pgmq", "a_mails"},
         {23, "ACL", "pgmq", "COLUMN a_mails.message"},
         {24, "ACL", "pgmq", "TABLE \"q_My mails\""},
         {25, "ROW SECURITY", "pgmq", "q_My mails"},
         {26, "ACL", "pgmq", "TABLE \"a_My mails\""},
         {27, "ROW SECURITY", "pgmq", "q_idle"},
         // Of a partitioned queue the parts are dumped.
         {28, "ACL", "pgmq", "TABLE q_jobs"},
         {29, "ACL", "pgmq", "TABLE q_jobs_p0"}}
    );
    Manifest manifest;
    manifest.undumped_queues = {
        {"My mails", {"TABLE pgmq.\"q_My mails\""}, 0},
        {"idle", {"SEQUENCE pgmq.q_idle_msg_id_seq"}, 0},
        {"jobs", {"TABLE pgmq.q_jobs"}, 0},
        // As after pgmq.detach_archive.
        {"mails", {"TABLE pgmq.q_mails", "SEQUENCE pgmq.q_mails_msg_id_seq"}, 3}};

    EXPECT_EQ(ids_in(project_lists(archive, manifest).structure), (Ids{22, 23, 26, 27, 29}));
    EXPECT_EQ(
        project_fit(archive, manifest, {{}, {}, std::set<std::string>{}}).lacking_queues,
        (std::set<std::string>{
            "pgmq.\"a_My mails\"", "pgmq.a_mails", "pgmq.q_idle", "pgmq.q_jobs_p0"})
    );
}

TEST(ProjectFit, needs_an_extension_where_something_that_is_loaded_depends_on_it) {
    const StandingCase table[] = {
        {{20, "VIEW", "public", "sent", {10}}, "view public.sent"},
        {{20, "COMMENT", "", "EXTENSION plv8", {10}}, ""},
        // The project has it of itself, or does without.
        {{20, "FUNCTION", "storage", "search()", {10}}, ""},
        {{20, "TABLE", "auth", "users", {10}}, ""},
    };
    for (const StandingCase& one : table) {
        const Archive archive = archive_of({{10, "EXTENSION", "", "plv8"}, one.entry});
        const ProjectFit fit = project_fit(archive, Manifest(), {{"plv8"}, {}});
        const std::string name = one.standing;
        EXPECT_EQ(names_of(fit.needing), name.empty() ? Names() : Names{name}) << one.entry.name;
        EXPECT_EQ(fit.extensions.empty(), name.empty()) << one.entry.name;
    }
}

TEST(ProjectFit, has_what_goes_with_what_needs_that) {
    const Archive archive = archive_of({
        {10, "EXTENSION", "", "vector"},
        {20, "TABLE", "public", "notes", {10}},
        {21, "ACL", "public", "TABLE notes", {20}},
        {22, "TABLE DATA", "public", "notes", {20}},
        {23, "VIEW", "public", "latest", {20}},
        {24, "TABLE", "public", "posts"},
    });
    const Names all{
        "table public.notes",
        "acl public.TABLE notes",
        "table data public.notes",
        "view public.latest"};
    EXPECT_EQ(names_of(project_fit(archive, Manifest(), {{"vector"}, {}}).needing), all);
}

TEST(ProjectFit, needs_any_extension_where_rows_may_be_of_a_table_of_its) {
    const std::pair<const char*, bool> table[] = {{"public", true}, {"cron", false}};
    for (const auto& [schema, is_needed] : table) {
        const Archive archive = archive_of(
            {{10, "EXTENSION", "", "plv8"}, {20, "TABLE DATA", schema, "spatial_ref_sys", {999}}}
        );
        Manifest manifest;
        TableContent& content = manifest.tables.emplace_back();
        content.name = std::string(schema) + ".spatial_ref_sys";
        content.dump_id = 20;
        content.rows.count = 1;
        EXPECT_EQ(project_fit(archive, manifest, {{"plv8"}, {}}).needing.size(), is_needed)
            << schema;
    }
}

TEST(ProjectFit, takes_out_of_the_lists_what_is_left_out) {
    std::vector<EntryOfProject> entries = prefixes_and_queue();
    entries.push_back({10, "EXTENSION", "", "plv8"});
    entries.push_back({11, "EXTENSION", "", "pgcrypto"});
    LeftOut left_out;
    left_out.extensions = {"plv8"};
    left_out.tables = {"pgmq.q_mails"};
    left_out.sequences = {{"pgmq", "q_mails_msg_id_seq"}};
    Manifest manifest;
    manifest.tables.emplace_back().dump_id = 2;
    manifest.tables.emplace_back().dump_id = 5;

    const Archive archive = archive_of(entries);
    EXPECT_EQ(entries_of(archive, left_out), (Ids{6, 10}));
    EXPECT_EQ(ids_in(project_lists(archive, manifest, left_out).rows), Ids{});
    EXPECT_EQ(ids_in(project_lists(archive, manifest, left_out).structure), (Ids{7, 11}));
    EXPECT_EQ(ids_in(project_lists(archive, manifest).rows), Ids{6});
    EXPECT_EQ(ids_in(project_lists(archive, manifest).structure), (Ids{7, 10, 11}));
}

}  // namespace
}  // namespace backupwatch
