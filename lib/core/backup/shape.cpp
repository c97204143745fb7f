#include "core/backup/shape.hpp"

#include "core/words.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

/// Where there are fewer, chance takes half of them.
constexpr std::uint64_t fewest_to_halve = 100;
constexpr std::size_t most_columns_named = 5;

/// The table that this one is a part of, by the schema's words of it, or empty.
std::string parent_in(const std::string& definition) {
    constexpr std::string_view part_of = "TABLE PARTITION OF ";
    const auto begin = definition.find(part_of);
    if (begin == std::string::npos) return {};
    const std::string rest = definition.substr(begin + part_of.size());
    return rest.substr(0, std::min(rest.find(" FOR VALUES "), rest.find(" DEFAULT")));
}

/// Of parts of parts, too.
std::string whole_of(std::string table, const std::map<std::string, std::string>& parents) {
    // No deeper than there are tables: a hostile manifest may have a circle.
    for (std::size_t depth = 0; depth < parents.size(); ++depth) {
        const auto parent = parents.find(table);
        if (parent == parents.end()) break;
        table = parent->second;
    }
    return table;
}

struct Loss {
    std::uint64_t rows = 0;
    std::string sentence;
};

std::vector<std::string> without(
    const std::set<std::string>& some, const std::set<std::string>& others
) {
    std::vector<std::string> left;
    std::ranges::set_difference(some, others, std::back_inserter(left));
    return left;
}

std::string changed_columns(const TableShape& before, const TableShape& later) {
    // Of a partitioned table without any part nobody knows them.
    if (before.columns.empty() || later.columns.empty()) return {};
    const auto gone = without(before.columns, later.columns);
    const auto added = without(later.columns, before.columns);
    std::string words;
    if (!gone.empty()) words = "has lost " + listed(gone, most_columns_named);
    if (!added.empty()) {
        words +=
            (words.empty() ? "has " : " and has ") + listed(added, most_columns_named) + " anew";
    }
    return words;
}

Loss loss_of(const std::string& name, const TableShape& before, const TableShape* later) {
    const std::string had = counted(before.rows, "row");
    if (later == nullptr) return {before.rows, name + " is gone, which had " + had};
    if (later->rows == 0 && before.rows > 0) {
        return {before.rows, name + " has lost all of its " + had};
    }
    const bool is_halved = later->rows < before.rows && later->rows < before.rows - later->rows;
    if (is_halved && before.rows >= fewest_to_halve) {
        return {
            before.rows - later->rows,
            name + " has " + std::to_string(later->rows) + " of its " + had + " left"};
    }
    const std::string columns = changed_columns(before, *later);
    return {0, columns.empty() ? "" : name + " " + columns};
}

}  // namespace

Shape shape_of(const Manifest& manifest) {
    Shape shape;
    shape.id = manifest.id;
    shape.excluded.insert(manifest.excluded_tables.begin(), manifest.excluded_tables.end());
    std::map<std::string, std::string> parents;
    for (const SchemaObject& object : manifest.schema) {
        if (object.kind != "table") continue;
        std::string parent = parent_in(object.definition);
        if (!parent.empty()) parents[object.name] = std::move(parent);
        // Without any part, it holds no rows, and is there.
        if (object.definition.starts_with("PARTITIONED TABLE")) shape.tables[object.name];
    }
    for (const TableContent& table : manifest.tables) {
        TableShape& whole = shape.tables[whole_of(table.name, parents)];
        whole.rows += table.rows.count;
        whole.columns.insert(table.columns.begin(), table.columns.end());
    }
    for (const auto& [part, parent] : parents) shape.tables.erase(part);
    return shape;
}

std::vector<std::string> losses(const Shape& before, const Shape& later) {
    std::vector<Loss> found;
    for (const auto& [name, table] : before.tables) {
        if (later.excluded.contains(name)) continue;
        const auto same = later.tables.find(name);
        Loss loss = loss_of(name, table, same == later.tables.end() ? nullptr : &same->second);
        if (!loss.sentence.empty()) found.push_back(std::move(loss));
    }
    std::ranges::stable_sort(found, [](const Loss& one, const Loss& other) {
        return one.rows > other.rows;
    });
    std::vector<std::string> sentences;
    for (Loss& loss : found) sentences.push_back(std::move(loss.sentence));
    return sentences;
}

ShapeJudgement judge_next(const Shape* reference, const Shape& next, const std::string& accepted) {
    ShapeJudgement judgement{next.id, next.tables.size(), next.id, {}};
    if (reference == nullptr || next.id == accepted) return judgement;
    judgement.losses = losses(*reference, next);
    if (!judgement.losses.empty()) judgement.reference = reference->id;
    return judgement;
}

}  // namespace backupwatch
