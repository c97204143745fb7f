#pragma once
#include "core/backup/backup.hpp"

#include <string>

/// Inventories as tests write them down.
namespace backupwatch {

inline Instant at(const std::string& text) {
    return parse_rfc3339(text.size() == 16 ? text + ":00Z" : text).value();
}

constexpr Duration day = std::chrono::hours(24);
inline const Instant noon = at("2026-11-22T12:00");

inline Backup with_status(BackupStatus status, const std::string& when, std::string error = {}) {
    Backup backup;
    backup.id = when;
    backup.status = status;
    backup.started_at = at(when) - std::chrono::minutes(5);
    backup.finished_at = at(when);
    backup.error = std::move(error);
    return backup;
}

inline Backup completed(const std::string& when, std::optional<std::uint64_t> size = 151'200'000) {
    Backup backup = with_status(BackupStatus::completed, when);
    backup.size_bytes = size;
    return backup;
}

inline Backup failed(const std::string& when, std::string error = "disk full") {
    return with_status(BackupStatus::failed, when, std::move(error));
}

/// Of another tool, as the reader has not come to its end yet.
inline Backup unread(const std::string& when) {
    Backup backup = with_status(BackupStatus::running, when, "1 of 9 GB");
    backup.is_unread = true;
    return backup;
}

}  // namespace backupwatch
