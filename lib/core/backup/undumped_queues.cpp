#include "core/backup/undumped_queues.hpp"

#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr const char* because =
    "its tables belong to the extension pgmq, and pg_dump leaves out what does, with its row-level "
    "security and policies: ";

std::string with_count(const UndumpedQueue& queue) {
    return queue.name + " (" +
           (queue.messages ? std::to_string(*queue.messages) : "the role may not count them") + ")";
}

bool is_empty(const UndumpedQueue& queue) {
    return queue.messages == std::uint64_t{0};
}

}  // namespace

std::string table_member(const std::string& table) {
    return "TABLE " + table;
}

std::string detachment_of(const UndumpedQueue& queue) {
    std::string statements;
    for (const std::string& member : queue.members) {
        statements +=
            (statements.empty() ? "" : " ") + ("ALTER EXTENSION pgmq DROP " + member + ";");
    }
    return statements;
}

std::vector<NotHeld> not_held_of(const std::vector<UndumpedQueue>& queues) {
    std::vector<NotHeld> parts;
    for (const UndumpedQueue& queue : queues) {
        const std::string remedy = "later dumps hold it once the owner of the extension has run `" +
                                   detachment_of(queue) + "`";
        const std::string what =
            is_empty(queue) ? "the queue " + queue.name : "the queue " + with_count(queue);
        parts.push_back({clean_line(what), clean_line(because + remedy)});
    }
    return parts;
}

std::string missing_messages(const std::vector<UndumpedQueue>& queues) {
    constexpr std::size_t most_told = 5;
    std::vector<std::string> told;
    const UndumpedQueue* first = nullptr;
    for (const UndumpedQueue& queue : queues) {
        if (is_empty(queue)) continue;
        if (first == nullptr) first = &queue;
        told.push_back(with_count(queue));
    }
    if (first == nullptr) return {};
    const bool is_one = told.size() == 1;
    return clean_line(
        std::string("no dump holds the messages of the ") + (is_one ? "queue " : "queues ") +
        listed(told, most_told) +
        ", whose tables belong to the extension pgmq: let its owner run `" + detachment_of(*first) +
        "`" + (is_one ? "" : " and the same for the others, which README.txt beside the dump has")
    );
}

std::set<std::string> names_of(const std::vector<UndumpedQueue>& queues) {
    std::set<std::string> names;
    for (const UndumpedQueue& queue : queues) names.insert(queue.name);
    return names;
}

}  // namespace backupwatch
