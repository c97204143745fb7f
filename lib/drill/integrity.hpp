#pragma once
#include "async/task.hpp"
#include "core/backup/verification.hpp"
#include "sources/source.hpp"

namespace backupwatch {

/// What a restore can leave wrong though every row is there: rows that point to none, since loading
/// under session_replication_role = replica asks no foreign key, though each says that it is
/// valid; sequences that would give a key which is taken. One check for each. Throws Failure as
/// Connection::query does.
Task<> check_integrity(
    Verification& verification, const Manifest& manifest, const Sandbox& sandbox, Duration limit
);

}  // namespace backupwatch
