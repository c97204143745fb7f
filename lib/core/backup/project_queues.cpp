#include "core/backup/project_queues.hpp"

#include "core/backup/by_hand.hpp"
#include "core/backup/identifier.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

/// `pgmq.q_jobs` of `TABLE PARTITION OF pgmq.q_jobs FOR VALUES FROM ('0') TO ('9')`; empty: it is
/// no partition.
std::string partitioned_table(const std::string& definition) {
    constexpr std::string_view words = "TABLE PARTITION OF ";
    const auto at = definition.find(words);
    if (at == std::string::npos) return {};
    const std::string parent = definition.substr(at + words.size());
    return parent.substr(0, std::min(parent.find(" FOR VALUES "), parent.rfind(" DEFAULT")));
}

}  // namespace

std::string queue_of(const std::string& table) {
    const auto parts = identifier_parts(table);
    if (parts.size() != 2 || parts.at(0) != "pgmq") return {};
    // Of its messages, and of what it has archived.
    const std::string& name = parts.at(1);
    return name.starts_with("q_") || name.starts_with("a_") ? name.substr(2) : std::string();
}

QueueKinds queue_kinds(const std::vector<SchemaObject>& schema) {
    QueueKinds kinds;
    for (const SchemaObject& object : schema) {
        const std::string queue = object.kind == "table" ? queue_of(object.name) : std::string();
        if (queue.empty()) continue;
        const std::string whole = queue_of(partitioned_table(object.definition));
        if (!whole.empty()) {
            kinds.parts.emplace(object.name, whole);
            kinds.partitioned.insert(whole);
        } else if (object.definition.starts_with("PARTITIONED ")) {
            kinds.partitioned.insert(queue);
        } else if (object.definition.starts_with("UNLOGGED ")) {
            kinds.unlogged.insert(queue);
        }
    }
    return kinds;
}

std::set<std::string> queues_of(const std::set<std::string>& tables, const QueueKinds& kinds) {
    std::set<std::string> queues;
    for (const std::string& table : tables) {
        const std::string queue = queue_of(table);
        const bool is_other = queue.empty() || kinds.partitioned.contains(queue);
        if (!is_other && !kinds.parts.contains(table)) queues.insert(queue);
    }
    return queues;
}

std::set<std::string> partitioned_queues_of(
    const std::set<std::string>& tables, const QueueKinds& kinds
) {
    std::set<std::string> queues;
    for (const std::string& queue : kinds.partitioned) {
        const auto is_of_it = [&](const std::string& table) {
            const auto part = kinds.parts.find(table);
            return queue == (part == kinds.parts.end() ? queue_of(table) : part->second);
        };
        if (std::ranges::any_of(tables, is_of_it)) queues.insert(queue);
    }
    return queues;
}

std::string create_queue(const std::string& queue, const QueueKinds& kinds) {
    const char* create = kinds.unlogged.contains(queue) ? "create_unlogged(" : "create(";
    return std::string("SELECT pgmq.") + create + sql_text(queue) + ");";
}

SchemaObject row_security_of(std::string table) {
    return {"row-level security of", std::move(table), {}};
}

std::vector<SchemaObject> row_security_of_queues(const std::vector<SchemaObject>& schema) {
    std::vector<SchemaObject> secured;
    for (const SchemaObject& object : schema) {
        if (object.kind != "table" || queue_of(object.name).empty()) continue;
        if (object.definition.find(" ROW LEVEL SECURITY") == std::string::npos) continue;
        secured.push_back(row_security_of(object.name));
    }
    return secured;
}

void add_logged_queues(
    Verification& verification, const Manifest& manifest, const RestoredContent& restored
) {
    const auto is_logged = [&](const std::string& table) {
        return std::ranges::any_of(restored.schema, [&](const SchemaObject& object) {
            return object.kind == "table" && object.name == table &&
                   !object.definition.starts_with("UNLOGGED ");
        });
    };
    for (const SchemaObject& object : manifest.schema) {
        const bool was_unlogged = object.kind == "table" && !queue_of(object.name).empty() &&
                                  object.definition.starts_with("UNLOGGED ");
        if (!was_unlogged || !is_logged(object.name)) continue;
        verification.skipped.push_back(
            {clean_line(object.name),
             "unlogged in the source, and logged in the project: pgmq.create_unlogged makes one "
             "that is not",
             true}
        );
    }
}

}  // namespace backupwatch
