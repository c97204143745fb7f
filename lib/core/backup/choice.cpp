#include "core/backup/choice.hpp"

namespace backupwatch {
namespace {

enum class Whole { must_be, may_not_be };

const Backup* newest(
    const Inventory& inventory, std::optional<Instant> before, Whole whole = Whole::may_not_be
) {
    const Backup* found = nullptr;
    for (const Backup& backup : inventory.backups) {
        if (backup.status == BackupStatus::running) continue;
        if (whole == Whole::must_be && backup.status != BackupStatus::completed) continue;
        if (before && backup.started_at >= *before) continue;
        if (found == nullptr || backup.started_at >= found->started_at) found = &backup;
    }
    return found;
}

}  // namespace

const Backup* newest_entry(const Inventory& inventory) {
    return newest(inventory, std::nullopt);
}

const Backup* entry_of(const Inventory& inventory, const std::string& id) {
    for (const Backup& backup : inventory.backups) {
        if (backup.id == id) return &backup;
    }
    return nullptr;
}

const Backup* choose_to_open(const Inventory& inventory, const BackupChoice& choice) {
    if (!choice.id.empty()) return entry_of(inventory, choice.id);
    const Backup* whole = newest(inventory, choice.before, Whole::must_be);
    return whole != nullptr ? whole : newest(inventory, choice.before);
}

}  // namespace backupwatch
