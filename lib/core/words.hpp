#pragma once
#include "core/backup/backup.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// Pieces of the sentences that checks and verification write.

/// `1 backup`, `3 backups`.
std::string counted(std::size_t count, const std::string& noun);
/// `a, b, c and 4 more`.
std::string listed(const std::vector<std::string>& names, std::size_t most = 3);
/// `2026-11-20T03:00Z, 151.2 MB`; the size where it is known.
std::string moment_and_size(const Backup& backup);
/// `20261120T030000Z "before 2.0"`; the label where it has one.
std::string id_and_label(const Backup& backup);

}  // namespace backupwatch
