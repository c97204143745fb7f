#include "commands/newest_marks.hpp"

#include "commands/documents.hpp"
#include "core/failure.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace backupwatch {
namespace {

constexpr int most_shown_marks = 3;
constexpr Duration lately = std::chrono::hours(24 * 30);

}  // namespace

Task<NewestMarks> newest_marks(World& world) {
    NewestMarks marks;
    try {
        auto all = co_await world.store.newest_marks(world.clock.now() - lately, most_shown_marks);
        for (NotedMark& mark : all) marks.of[mark.database].push_back(std::move(mark));
    } catch (const Failure&) {
        // The check `state` tells it; what else is known is shown all the same.
        marks.is_known = false;
    }
    co_return marks;
}

boost::json::value marks_json(const NewestMarks& marks, const std::string& database) {
    if (!marks.is_known) return nullptr;
    boost::json::array list;
    const auto found = marks.of.find(database);
    if (found == marks.of.end()) return list;
    for (const NotedMark& mark : found->second) list.push_back(mark_json(mark));
    return list;
}

std::string marks_text(const World& world, const NewestMarks& marks) {
    std::string lines;
    for (const WatchedDatabase& database : world.databases) {
        const auto found = marks.of.find(database.name);
        if (found == marks.of.end()) continue;
        for (const NotedMark& mark : found->second) {
            const bool is_override = mark.kind == NotedMark::Kind::gate_overridden;
            lines += "  " + in_words(mark.at) + "  " + database.name + "  " +
                     (is_override ? "gate overridden: " : "") + mark.text + "\n";
        }
    }
    return lines.empty() ? lines : "\nmarks\n" + lines;
}

}  // namespace backupwatch
