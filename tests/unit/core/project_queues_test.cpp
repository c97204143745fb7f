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

TEST(ProjectQueues, are_empty_where_neither_of_their_tables_has_a_row) {
    Manifest manifest;
    const std::pair<const char*, std::uint64_t> tables[] = {
        {"pgmq.meta", 4},
        {"pgmq.q_idle", 0},
        {"pgmq.a_idle", 0},
        {"pgmq.q_done", 0},
        {"pgmq.a_done", 7},
        {"pgmq.q_mails", 2},
        {"pgmq.a_mails", 0},
        // Whatever that is, pgmq has not made it.
        {"pgmq.q_alone", 0},
    };
    for (const auto& [name, rows] : tables) {
        TableContent& table = manifest.tables.emplace_back();
        table.name = name;
        table.rows.count = rows;
    }
    EXPECT_EQ(empty_queues(manifest), std::vector<std::string>{"idle"});
}

}  // namespace
}  // namespace backupwatch
