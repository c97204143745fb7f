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

}  // namespace
}  // namespace backupwatch
