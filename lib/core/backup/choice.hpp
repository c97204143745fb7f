#pragma once
#include "core/backup/backup.hpp"

#include <optional>
#include <string>

namespace backupwatch {

/// Which backup of a set a person means.
struct BackupChoice {
    std::string id;                 ///< this one, or
    std::optional<Instant> before;  ///< the newest whose snapshot is older than that
};

/// The newest that claims to be a backup, damaged or not; null: there is none.
const Backup* newest_entry(const Inventory& inventory);
/// Null: there is none of that id.
const Backup* entry_of(const Inventory& inventory, const std::string& id);

/// The one to look something up in; null: there is none. A whole one, unless there are only damaged
/// ones: of such a one there may be something left. A backup is of when it was begun, since its
/// snapshot was taken then.
const Backup* choose_to_open(const Inventory& inventory, const BackupChoice& choice);

}  // namespace backupwatch
