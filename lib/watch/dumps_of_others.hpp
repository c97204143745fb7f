#pragma once
#include "async/task.hpp"
#include "watch/world.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// What others dump of a database now, with locks that hold up a migration as ours do.
struct DumpsOfOthers {
    std::vector<std::string> busy;  ///< sentences
    std::string unasked;            ///< why nobody knows; empty: it is known
    std::string not_looked_at;      ///< that nobody asks, where there is nobody to ask
};

/// Asks the database itself, which takes seconds at most. One question at a time: where a server
/// does not answer, whoever else asks waits for the first, and opens no connection of his own.
/// Without a `url` there is nobody to ask.
Task<DumpsOfOthers> dumps_of_others(World& world, std::string database);

}  // namespace backupwatch
