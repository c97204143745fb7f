#pragma once
#include "async/task.hpp"
#include "core/backup/mark.hpp"
#include "watch/world.hpp"

#include <boost/json/value.hpp>

#include <map>
#include <string>
#include <vector>

namespace backupwatch {

/// Of each database the newest that were noted lately, as they are shown at a glance.
struct NewestMarks {
    bool is_known = true;  ///< false: the state refuses to say
    std::map<std::string, std::vector<NotedMark>> of{};
};
Task<NewestMarks> newest_marks(World& world);

/// null: nobody can tell.
boost::json::value marks_json(const NewestMarks& marks, const std::string& database);
/// A line each, of those that are watched; empty: there is none.
std::string marks_text(const World& world, const NewestMarks& marks);

}  // namespace backupwatch
