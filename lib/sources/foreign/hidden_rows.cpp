#include "sources/foreign/hidden_rows.hpp"

#include "core/words.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

constexpr const char* why_hidden =
    "it was made with row security on, which leaves out what its role may not see";

/// As shapes name them: of a part, the whole.
std::set<std::string> secured_tables(const InspectedDump& dump) {
    const auto wholes = whole_tables(dump.manifest);
    std::set<std::string> secured;
    for (const std::string& name : dump.perhaps_hidden) {
        const auto whole = wholes.find(name);
        secured.insert(whole == wholes.end() ? name : whole->second);
    }
    return secured;
}

ShapeJudgement judged(const std::vector<Shape>& oldest_first) {
    ShapeJudgement known;
    for (std::size_t i = 0; i < oldest_first.size(); ++i) {
        const Shape* before = i == 0 ? nullptr : &oldest_first[i - 1];
        known = judge_next_and_keep(known, before, oldest_first[i], Instant());
    }
    return known;
}

/// What the dump is held against, the newest first; what was accepted is in none of them.
std::vector<Shape> references_in(const ShapeJudgement& known, const std::string& id, Instant at) {
    std::vector<Shape> references = known.lost_shapes;
    const bool is_compared = known.newest == id && known.newest_at == at;
    if (!is_compared && known.newest_shape) references.push_back(*known.newest_shape);
    std::ranges::reverse(references);
    return references;
}

/// Columns are no rows.
Shape rows_alone(const Shape& shape, const std::set<std::string>& tables) {
    Shape rows{shape.id, {}, {}};
    for (const auto& [name, table] : shape.tables) {
        if (tables.contains(name)) rows.tables[name].rows = table.rows;
    }
    return rows;
}

/// A later dump lacks it as well, and `shape` tells it no more.
bool is_accepted(const ShapeJudgement& known, const Shape& reference, const std::string& table) {
    const bool is_told = std::ranges::any_of(known.losses, [&](const ShapeLoss& loss) {
        return std::ranges::count(loss.tables, table, &TableLoss::table) > 0;
    });
    if (is_told || !known.newest_shape) return false;
    return !losses(rows_alone(reference, {table}), rows_alone(*known.newest_shape, {table}))
                .empty();
}

}  // namespace

HiddenRows hidden_rows(
    const InspectedDump& dump,
    Instant at,
    const std::optional<ShapeJudgement>& known,
    const std::vector<Shape>& earlier
) {
    std::set<std::string> untold = secured_tables(dump);
    const Shape held = rows_alone(shape_of(dump.manifest), untold);
    const bool is_judged = known && known->newest_at <= at;
    const ShapeJudgement judgement = is_judged ? *known : judged(earlier);
    HiddenRows hidden;
    for (const Shape& reference : references_in(judgement, dump.manifest.id, at)) {
        const bool is_same_name = reference.id == dump.manifest.id;
        for (const TableLoss& loss : losses(rows_alone(reference, untold), held)) {
            if (known && is_accepted(*known, reference, loss.table)) continue;
            // Each is told once.
            untold.erase(loss.table);
            hidden.lost.push_back(
                loss.sentence + ", against " +
                (is_same_name ? "what was there before" : reference.id) + ": " + why_hidden +
                " (if that is meant: backupwatch accept)"
            );
        }
    }
    if (earlier.empty()) return hidden;
    const Shape& last = earlier.back();
    for (const auto& [name, table] : held.tables) {
        const auto before = last.tables.find(name);
        if (!untold.contains(name) || before == last.tables.end()) continue;
        if (before->second.rows <= table.rows) continue;
        hidden.fewer.push_back(
            {"rows of " + name,
             counted(table.rows, "row") + ", where " + last.id + " has " +
                 std::to_string(before->second.rows) + ": " + why_hidden}
        );
    }
    return hidden;
}

}  // namespace backupwatch
