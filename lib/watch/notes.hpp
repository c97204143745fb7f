#pragma once
#include "async/task.hpp"
#include "core/backup/mark.hpp"
#include "core/incident/incident.hpp"
#include "watch/world.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// That notice for everybody who gets the digest, but pagers; a fallback stands in for who takes
/// nothing.
std::vector<Addressed> to_readers(const World& world, const Notice& notice);

/// What is told of a database and of no incident of it: one sentence, and lines below it.
Notice note_of(const std::string& database, std::string summary, std::vector<std::string> lines);

/// Records a mark. Throws what the store throws, and then nothing is recorded.
Task<> record_mark(World& world, NotedMark mark);
/// Tells the readers of the digest, and records a mark with it where there is one, in one
/// transaction. Returns to how many it goes. Throws what the store throws, and then nobody is told.
Task<std::size_t> tell_note(
    World& world, Notice notice, std::optional<NotedMark> mark = std::nullopt
);

}  // namespace backupwatch
