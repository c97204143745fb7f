#include "core/backup/project_queues.hpp"

#include "core/backup/by_hand.hpp"
#include "core/backup/identifier.hpp"

#include <cstdint>
#include <map>

namespace backupwatch {
namespace {

/// Of its messages, and of what it has archived.
constexpr std::size_t tables_of_queue = 2;

}  // namespace

std::string queue_of(const std::string& table) {
    const auto parts = identifier_parts(table);
    if (parts.size() != 2 || parts.at(0) != "pgmq") return {};
    const std::string& name = parts.at(1);
    return name.starts_with("q_") || name.starts_with("a_") ? name.substr(2) : std::string();
}

std::vector<std::string> empty_queues(const Manifest& manifest) {
    struct Found {
        std::size_t tables = 0;
        std::uint64_t rows = 0;
    };
    std::map<std::string, Found> queues;
    for (const TableContent& table : manifest.tables) {
        const std::string queue = queue_of(table.name);
        if (queue.empty()) continue;
        ++queues[queue].tables;
        queues[queue].rows += table.rows.count;
    }
    std::vector<std::string> empty;
    for (const auto& [queue, found] : queues) {
        if (found.tables == tables_of_queue && found.rows == 0) empty.push_back(queue);
    }
    return empty;
}

std::string create_queue(const std::string& queue) {
    return "SELECT pgmq.create(" + sql_text(queue) + ");";
}

}  // namespace backupwatch
