#include "core/backup/project_tables.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

struct ProjectTableCase {
    const char* name;
    std::uint64_t rows;
    bool is_loaded;
    bool is_told;
};

constexpr ProjectTableCase project_table_cases[] = {
    {"public.posts", 2, true, false},
    {"public.empty", 0, false, false},
    {"auth.users", 2, true, false},
    // The project says by them what it is.
    {"auth.schema_migrations", 2, false, true},
    {"storage.migrations", 2, false, true},
    {"supabase_functions.hooks", 0, false, true},
    // Its postgres may only read them: that nothing is lost by it needs no word.
    {"storage.buckets_vectors", 2, false, true},
    {"storage.vector_indexes", 0, false, false},
    {"cron.job", 2, false, true},
    {"cron.job_run_details", 0, false, false},
    // pgmq.create writes it.
    {"pgmq.meta", 2, false, true},
    {"pgmq.q_mails", 2, true, false},
    {"storage.objects", 2, true, false},
};

TEST(ProjectTables, are_loaded_where_they_have_rows_that_are_not_the_projects_own) {
    for (const ProjectTableCase& one : project_table_cases) {
        Manifest manifest;
        TableContent& table = manifest.tables.emplace_back();
        table.name = one.name;
        table.rows.count = one.rows;
        EXPECT_EQ(project_needs(manifest).loaded.size(), one.is_loaded ? 1u : 0u) << one.name;
        EXPECT_EQ(projects_own_tables(manifest).size(), one.is_told ? 1u : 0u) << one.name;
    }
}

TEST(ProjectTables, without_rows_are_asked_for_where_they_are_not_the_projects_own) {
    Manifest manifest;
    for (const char* name : {"storage.prefixes", "storage.migrations", "storage.vector_indexes"}) {
        manifest.tables.emplace_back().name = name;
    }
    manifest.sequences = {{"auth.refresh_tokens_id_seq", 1, 1}, {"cron.jobid_seq", 1, 1}};

    const ProjectNeeds needs = project_needs(manifest);

    ASSERT_EQ(needs.empty.size(), 1u);
    EXPECT_EQ(needs.empty.front().name, "storage.prefixes");
    EXPECT_EQ(needs.sequences, std::vector<std::string>{"auth.refresh_tokens_id_seq"});
}

}  // namespace
}  // namespace backupwatch
