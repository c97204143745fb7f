#include "core/backup/project_queues.hpp"

#include "core/backup/by_hand.hpp"
#include "core/backup/identifier.hpp"

namespace backupwatch {

std::string queue_of(const std::string& table) {
    const auto parts = identifier_parts(table);
    if (parts.size() != 2 || parts.at(0) != "pgmq") return {};
    // Of its messages, and of what it has archived.
    const std::string& name = parts.at(1);
    return name.starts_with("q_") || name.starts_with("a_") ? name.substr(2) : std::string();
}

std::set<std::string> queues_of(const std::set<std::string>& tables) {
    std::set<std::string> queues;
    for (const std::string& table : tables) queues.insert(queue_of(table));
    queues.erase("");
    return queues;
}

std::string create_queue(const std::string& queue) {
    return "SELECT pgmq.create(" + sql_text(queue) + ");";
}

}  // namespace backupwatch
