#include "core/backup/project_queues.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(ProjectQueues, are_known_by_their_tables) {
    const std::pair<const char*, const char*> table[] = {
        {"pgmq.q_mails", "mails"},
        {"pgmq.a_mails", "mails"},
        {"pgmq.\"q_My mails\"", "My mails"},
        {"pgmq.meta", ""},
        {"public.q_mails", ""},
    };
    for (const auto& [name, queue] : table) EXPECT_EQ(queue_of(name), queue) << name;
    EXPECT_EQ(create_queue("it's"), "SELECT pgmq.create('it''s');");
}

TEST(ProjectQueues, are_named_once_for_both_of_their_tables) {
    EXPECT_EQ(
        queues_of({"pgmq.a_idle", "pgmq.q_idle", "pgmq.q_mails", "storage.prefixes"}),
        (std::set<std::string>{"idle", "mails"})
    );
}

SchemaObject table_defined(const char* name, const char* definition) {
    return {"table", name, definition};
}

TEST(ProjectQueues, of_another_kind_are_made_by_what_makes_these) {
    const QueueKinds kinds = queue_kinds(
        {table_defined("pgmq.q_mails", "TABLE"),
         table_defined("pgmq.q_fast", "UNLOGGED TABLE ROW LEVEL SECURITY"),
         table_defined("pgmq.a_fast", "TABLE"),
         table_defined("pgmq.q_jobs", "PARTITIONED TABLE PARTITION BY RANGE (msg_id)"),
         table_defined(
             "pgmq.q_jobs_p0", "TABLE PARTITION OF pgmq.q_jobs FOR VALUES FROM ('0') TO ('9')"
         ),
         table_defined("pgmq.q_jobs_default", "TABLE PARTITION OF pgmq.q_jobs DEFAULT"),
         table_defined("public.part", "TABLE PARTITION OF public.whole DEFAULT")}
    );
    const std::set<std::string> tables{
        "pgmq.q_fast", "pgmq.q_jobs_default", "pgmq.q_jobs_p0", "pgmq.q_mails", "public.part"};

    EXPECT_EQ(queues_of(tables, kinds), (std::set<std::string>{"fast", "mails"}));
    EXPECT_EQ(partitioned_queues_of(tables, kinds), std::set<std::string>{"jobs"});
    EXPECT_EQ(queues_of({"pgmq.q_jobs"}, kinds), std::set<std::string>());
    EXPECT_EQ(partitioned_queues_of({"pgmq.q_jobs"}, kinds), std::set<std::string>{"jobs"});
    EXPECT_EQ(create_queue("mails", kinds), "SELECT pgmq.create('mails');");
    EXPECT_EQ(create_queue("fast", kinds), "SELECT pgmq.create_unlogged('fast');");
}

TEST(ProjectQueues, have_their_row_level_security_where_it_is_on) {
    const auto secured = row_security_of_queues(
        {table_defined("pgmq.q_mails", "TABLE ROW LEVEL SECURITY"),
         table_defined("pgmq.a_mails", "TABLE"),
         table_defined("public.posts", "TABLE ROW LEVEL SECURITY"),
         {"view", "pgmq.q_seen", "SELECT ' ROW LEVEL SECURITY'"}}
    );
    EXPECT_EQ(secured, std::vector<SchemaObject>{row_security_of("pgmq.q_mails")});
}

TEST(ProjectQueues, are_named_where_they_were_unlogged_and_the_projects_are_not) {
    Manifest manifest;
    manifest.schema = {
        table_defined("pgmq.q_fast", "UNLOGGED TABLE"),
        table_defined("pgmq.q_faster", "UNLOGGED TABLE"),
        table_defined("pgmq.q_gone", "UNLOGGED TABLE"),
        table_defined("pgmq.q_mails", "TABLE")};
    RestoredContent restored;
    restored.schema = {
        table_defined("pgmq.q_fast", "TABLE"),
        table_defined("pgmq.q_faster", "UNLOGGED TABLE"),
        table_defined("pgmq.q_mails", "TABLE")};
    Verification verification;

    add_logged_queues(verification, manifest, restored);

    ASSERT_EQ(verification.skipped.size(), 1U);
    EXPECT_EQ(verification.skipped.front().what, "pgmq.q_fast");
}

}  // namespace
}  // namespace backupwatch
