#include "core/backup/shape.hpp"

#include "core/backup/identifier.hpp"
#include "core/backup/project_tables.hpp"
#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

/// Where there are fewer, chance takes half of them, or all.
constexpr std::uint64_t fewest_to_halve = 100;
constexpr std::uint64_t fewest_to_empty = 10;
constexpr std::size_t most_columns_named = 5;
/// A hostile catalog's may be as long as it likes.
constexpr std::size_t longest_type = 100;
constexpr std::size_t longest_sentence = 1000;
/// Of a project: the platform changes what columns these have, and no migration of the user's.
constexpr std::string_view schemas_of_platform[] = {
    "auth", "cron", "net", "pgmq", "realtime", "storage", "vault"};

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

std::map<std::string, std::string> parents_in(const Manifest& manifest) {
    std::map<std::string, std::string> parents;
    for (const SchemaObject& object : manifest.schema) {
        if (object.kind != "table") continue;
        std::string parent = parent_in(object.definition);
        if (!parent.empty()) parents[object.name] = std::move(parent);
    }
    return parents;
}

/// Of all parts of a table together.
void add_columns(TableShape& whole, std::vector<std::string> of_part) {
    std::ranges::sort(of_part);
    of_part.erase(std::unique(of_part.begin(), of_part.end()), of_part.end());
    if (whole.columns == of_part) return;
    std::vector<std::string> all;
    std::ranges::set_union(whole.columns, of_part, std::back_inserter(all));
    whole.columns = std::move(all);
}

/// `app.posts` of `app.posts."My column"`, or empty.
std::string table_of_column(const std::string& column) {
    std::size_t begin = column.size();
    if (column.ends_with('"')) {
        // A quote in a name is two.
        bool is_doubled = true;
        for (begin = column.size() - 1; is_doubled && begin > 0;) {
            begin = column.rfind('"', begin - 1);
            if (begin == std::string::npos) return {};
            is_doubled = begin > 0 && column[begin - 1] == '"';
            if (is_doubled) --begin;
        }
    }
    const auto dot = column.rfind('.', begin);
    return dot == std::string::npos ? std::string() : column.substr(0, dot);
}

/// `character varying(20)` of `character varying(20) NOT NULL DEFAULT 'x'::character varying`.
std::string type_in(const std::string& definition) {
    std::size_t end = 0;
    for (bool is_quoted = false; end < definition.size(); ++end) {
        if (definition[end] == '"') is_quoted = !is_quoted;
        if (is_quoted || definition[end] != ' ') continue;
        const auto rest = std::string_view(definition).substr(end);
        if (rest.starts_with(" COLLATE ") || rest.starts_with(" NOT NULL") ||
            rest.starts_with(" GENERATED ") || rest.starts_with(" DEFAULT ")) {
            break;
        }
    }
    return definition.substr(0, std::min(end, longest_type));
}

struct Loss {
    std::uint64_t rows = 0;
    TableLoss table;
};

/// New ones are no loss.
std::vector<std::string> lost_columns(const TableShape& before, const TableShape& later) {
    // Of a partitioned table without any part nobody knows them.
    if (later.columns.empty()) return {};
    std::vector<std::string> gone;
    std::ranges::set_difference(before.columns, later.columns, std::back_inserter(gone));
    return gone;
}

/// `id (integer, then bigint)` of each that is there with another type.
std::vector<std::string> changed_types(const TableShape& before, const TableShape& later) {
    std::vector<std::string> changed;
    for (const auto& [column, type] : before.types) {
        const auto same = later.types.find(column);
        if (same == later.types.end() || same->second == type) continue;
        changed.push_back(column + " (" + type + ", then " + same->second + ")");
    }
    return changed;
}

bool is_of_platform(const std::string& table) {
    const auto names = identifier_parts(table);
    return !names.empty() && std::ranges::count(schemas_of_platform, names.front()) > 0;
}

/// Without a sentence there is none.
Loss loss_of(
    const std::string& name, const TableShape& before, const TableShape* later, bool has_own_types
) {
    const std::string had = counted(before.rows, "row");
    if (later == nullptr) return {before.rows, {name, name + " is gone, which had " + had}};
    if (later->rows == 0 && before.rows >= fewest_to_empty) {
        return {before.rows, {name, name + " has lost all of its " + had}};
    }
    const bool is_halved = later->rows < before.rows && later->rows < before.rows - later->rows;
    if (is_halved && before.rows >= fewest_to_halve) {
        const std::string left = std::to_string(later->rows);
        return {
            before.rows - later->rows, {name, name + " has " + left + " of its " + had + " left"}};
    }
    const auto columns = lost_columns(before, *later);
    std::vector<std::string> types;
    if (has_own_types) types = changed_types(before, *later);
    if (columns.empty() && types.empty()) return {};
    std::string sentence = name;
    if (!columns.empty()) sentence += " has lost " + listed(columns, most_columns_named);
    if (!columns.empty() && !types.empty()) sentence += " and";
    if (!types.empty()) sentence += " has other types: " + listed(types, most_columns_named);
    return {0, {name, std::move(sentence)}};
}

/// Of what was lost before, what still is. Of a table that nobody can show any more, all that is
/// known is that it was.
ShapeLoss still_lost(const ShapeLoss& loss, const Shape& reference, const Shape& next) {
    ShapeLoss left{loss.reference, {}};
    for (TableLoss& found : losses(reference, next)) {
        const bool was_lost = std::ranges::count(loss.tables, found.table, &TableLoss::table) > 0;
        if (was_lost) left.tables.push_back(std::move(found));
    }
    for (const TableLoss& table : loss.tables) {
        if (!reference.tables.contains(table.table)) left.tables.push_back(table);
    }
    return left;
}

}  // namespace

Shape shape_of(const Manifest& manifest) {
    Shape shape;
    shape.id = manifest.id;
    shape.is_of_supabase = manifest.is_of_supabase;
    shape.excluded.insert(manifest.excluded_tables.begin(), manifest.excluded_tables.end());
    const auto parents = parents_in(manifest);
    for (const SchemaObject& object : manifest.schema) {
        // Without any part, it holds no rows, and is there.
        const bool is_whole = object.definition.starts_with("PARTITIONED TABLE");
        if (object.kind == "table" && is_whole) shape.tables[object.name];
    }
    for (const TableContent& table : manifest.tables) {
        TableShape& whole = shape.tables[whole_of(table.name, parents)];
        whole.rows += table.rows.count;
        add_columns(whole, table.columns);
    }
    for (const auto& [part, parent] : parents) shape.tables.erase(part);
    const auto wholes = whole_tables(manifest);
    for (const SchemaObject& object : manifest.schema) {
        if (object.kind != "column") continue;
        std::string name = table_of_column(object.name);
        const auto whole = wholes.find(name);
        if (whole != wholes.end()) name = whole->second;
        const auto table = shape.tables.find(name);
        const auto names = identifier_parts(object.name);
        if (table == shape.tables.end() || names.empty()) continue;
        table->second.types.emplace(names.back(), type_in(object.definition));
    }
    return shape;
}

std::map<std::string, std::string> whole_tables(const Manifest& manifest) {
    const auto parents = parents_in(manifest);
    std::map<std::string, std::string> wholes;
    for (const TableContent& table : manifest.tables) {
        wholes.emplace(table.name, whole_of(table.name, parents));
    }
    return wholes;
}

std::vector<TableLoss> losses(const Shape& before, const Shape& later) {
    std::vector<Loss> found;
    for (const auto& [name, table] : before.tables) {
        if (later.excluded.contains(name)) continue;
        const auto same = later.tables.find(name);
        const bool is_gone = same == later.tables.end();
        if (is_gone && later.is_of_supabase && is_bookkeeping(name)) continue;
        const bool has_own_types = !later.is_of_supabase || !is_of_platform(name);
        Loss loss = loss_of(name, table, is_gone ? nullptr : &same->second, has_own_types);
        if (loss.table.sentence.empty()) continue;
        // Names and types are whatever somebody called them.
        loss.table.sentence = cut(clean_line(loss.table.sentence), longest_sentence);
        found.push_back(std::move(loss));
    }
    std::ranges::stable_sort(found, [](const Loss& one, const Loss& other) {
        return one.rows > other.rows;
    });
    std::vector<TableLoss> tables;
    for (Loss& loss : found) tables.push_back(std::move(loss.table));
    return tables;
}

ShapeJudgement judge_next(
    const ShapeJudgement& known,
    const Shape* before,
    const std::map<std::string, Shape>& held,
    const Shape& next,
    Instant next_at
) {
    ShapeJudgement judgement{next.id, next_at, next.tables.size(), before == nullptr, {}};
    std::set<std::string> told;
    for (const ShapeLoss& loss : known.losses) {
        const auto reference = held.find(loss.reference);
        ShapeLoss left = reference == held.end() ? loss : still_lost(loss, reference->second, next);
        if (left.tables.empty()) continue;
        for (const TableLoss& table : left.tables) told.insert(table.table);
        judgement.losses.push_back(std::move(left));
    }
    if (before == nullptr) return judgement;
    ShapeLoss anew{before->id, losses(*before, next)};
    std::erase_if(anew.tables, [&](const TableLoss& table) { return told.contains(table.table); });
    if (anew.tables.empty()) return judgement;
    // One that is written over each night has lost some of it before.
    const auto known_loss =
        std::ranges::find(judgement.losses, anew.reference, &ShapeLoss::reference);
    if (known_loss == judgement.losses.end()) {
        judgement.losses.push_back(std::move(anew));
    } else {
        std::ranges::move(anew.tables, std::back_inserter(known_loss->tables));
    }
    return judgement;
}

ShapeJudgement judge_next_and_keep(
    const ShapeJudgement& known, const Shape* before, Shape next, Instant next_at
) {
    std::map<std::string, Shape> held;
    for (const Shape& shape : known.lost_shapes) held.emplace(shape.id, shape);
    ShapeJudgement judgement = judge_next(known, before, held, next, next_at);
    for (const ShapeLoss& loss : judgement.losses) {
        Shape lost{loss.reference, {}, {}};
        const auto earlier = held.find(loss.reference);
        const bool is_before = before != nullptr && before->id == loss.reference;
        for (const TableLoss& table : loss.tables) {
            const Shape* had = earlier != held.end() && earlier->second.tables.contains(table.table)
                                   ? &earlier->second
                               : is_before ? before
                                           : nullptr;
            if (had == nullptr || !had->tables.contains(table.table)) continue;
            lost.tables[table.table] = had->tables.at(table.table);
        }
        if (!lost.tables.empty()) judgement.lost_shapes.push_back(std::move(lost));
    }
    judgement.newest_shape = std::move(next);
    // Of what is held against later ones, only the tables are kept.
    judgement.newest_shape->excluded.clear();
    judgement.newest_shape->is_of_supabase = false;
    return judgement;
}

}  // namespace backupwatch
