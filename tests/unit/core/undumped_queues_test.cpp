#include "core/backup/undumped_queues.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

UndumpedQueue queue_with(const std::string& name, std::optional<std::uint64_t> messages) {
    return {name, {"TABLE pgmq.q_" + name, "SEQUENCE pgmq.q_" + name + "_msg_id_seq"}, messages};
}

TEST(UndumpedQueues, are_detached_from_the_extension_with_all_that_they_have) {
    EXPECT_EQ(
        detachment_of(queue_with("mails", 3)),
        "ALTER EXTENSION pgmq DROP TABLE pgmq.q_mails; "
        "ALTER EXTENSION pgmq DROP SEQUENCE pgmq.q_mails_msg_id_seq;"
    );
}

TEST(UndumpedQueues, are_each_named_in_the_manifest_with_what_mends_it) {
    const auto parts = not_held_of(
        {queue_with("idle", 0), queue_with("mails", 3), queue_with("secret", std::nullopt)}
    );

    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[0].what, "the queue idle");
    EXPECT_EQ(parts[1].what, "the queue mails (3)");
    EXPECT_EQ(parts[2].what, "the queue secret (the role may not count them)");
    EXPECT_EQ(
        parts[1].why,
        "its tables belong to the extension pgmq, and pg_dump leaves out what does, with its "
        "row-level security and policies: later dumps hold it once the owner of the extension has "
        "run `ALTER EXTENSION pgmq DROP TABLE "
        "pgmq.q_mails; ALTER EXTENSION pgmq DROP SEQUENCE pgmq.q_mails_msg_id_seq;`"
    );
}

TEST(UndumpedQueues, are_told_each_night_by_the_messages_that_are_missing) {
    const std::pair<std::vector<UndumpedQueue>, const char*> table[] = {
        {{}, ""},
        // Nothing is lost yet.
        {{queue_with("idle", 0)}, ""},
        {{queue_with("idle", 0), queue_with("mails", 3)},
         "no dump holds the messages of the queue mails (3), whose tables belong to the extension "
         "pgmq: let its owner run `ALTER EXTENSION pgmq DROP TABLE pgmq.q_mails; ALTER EXTENSION "
         "pgmq DROP SEQUENCE pgmq.q_mails_msg_id_seq;`"},
        // Nobody knows that it is empty.
        {{{"a", {"TABLE pgmq.q_a"}, std::nullopt}, {"b", {"TABLE pgmq.q_b"}, 1}},
         "no dump holds the messages of the queues a (the role may not count them) and b (1), "
         "whose tables belong to the extension pgmq: let its owner run `ALTER EXTENSION pgmq DROP "
         "TABLE "
         "pgmq.q_a;` and the same for the others, which README.txt beside the dump has"},
    };
    for (const auto& [queues, sentence] : table) EXPECT_EQ(missing_messages(queues), sentence);
}

}  // namespace
}  // namespace backupwatch
