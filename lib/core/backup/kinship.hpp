#pragma once
#include "core/time/time.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// Whether a dump of another tool is of the set's database. Once decided, it stays: what it was
/// decided by may be rotated away.
enum class Kinship { undecided, own, other };

/// Those that a dump holds, by TableContent::name; never null, and shared, since they are many.
using KinTables = std::shared_ptr<const std::set<std::string>>;

struct KinDump {
    std::string id;
    Instant at;  ///< instant_of() it
    KinTables tables;
    Kinship kinship = Kinship::undecided;
    std::string reason{};  ///< why it is another database's
};

/// Decides those that are not, oldest first: another database's shares less than half of its tables
/// with the last own one before it, those aside whose names many have, unless it has no others or
/// one of two was perhaps renamed: then all of them tell. A name of the database is no proof:
/// databases are renamed, and SQL has none. `reference` is the newest that was ever known to be
/// own, there or gone; none: the oldest is own.
void decide_kinship(const std::optional<KinDump>& reference, std::vector<KinDump>& oldest_first);

}  // namespace backupwatch
