#include "sources/dump/listing.hpp"

#include "core/backup/undumped_queues.hpp"
#include "core/failure.hpp"
#include "process/workspace.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/folder.hpp"
#include "sources/dump/inspection.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <tuple>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

DumpSummary entry(const std::string& id, BackupStatus status, std::string error = {}) {
    DumpSummary summary;
    summary.backup.id = id;
    summary.backup.status = status;
    summary.backup.started_at = instant_of(id).value_or(Instant());
    summary.backup.error = std::move(error);
    return summary;
}

void fail(DumpSummary& summary, std::string error) {
    summary.backup.status = BackupStatus::failed;
    summary.backup.error = std::move(error);
}

DumpSummary summarise(Manifest manifest) {
    DumpSummary summary = entry(manifest.id, BackupStatus::completed);
    summary.backup.started_at = manifest.started_at;
    summary.backup.finished_at = manifest.finished_at;
    summary.backup.label = std::move(manifest.label);
    summary.backup.keep_until = manifest.keep_until;
    summary.backup.lacks = missing_messages(manifest.undumped_queues);
    summary.identity = {
        std::move(manifest.database),
        std::move(manifest.database_name),
        std::move(manifest.system_identifier)};
    summary.database_size = manifest.database_size;
    for (const FileEntry& file : manifest.files) {
        if (file.path.ends_with(".zst")) summary.raw_size += file.raw_size;
    }
    summary.files = std::move(manifest.files);
    return summary;
}

/// Of all that lies in it, as far as it can be read.
std::uint64_t size_of(const fs::path& folder) {
    std::uint64_t total = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator entries(folder, error);
         !error && entries != fs::recursive_directory_iterator();
         entries.increment(error)) {
        if (!fs::is_regular_file(entries->symlink_status(error))) continue;
        const auto size = entries->file_size(error);
        if (!error) total += size;
    }
    return total;
}

}  // namespace

std::string foreign(
    const DumpIdentity& found, const std::string& database, const std::vector<DumpIdentity>& known
) {
    if (found.database == database) return {};
    const bool same = std::any_of(known.begin(), known.end(), [&](const DumpIdentity& other) {
        return other.database == database && !other.system_identifier.empty() &&
               other.system_identifier == found.system_identifier &&
               other.database_name == found.database_name;
    });
    if (same) return {};
    return "it is a dump of another database: \"" + found.database + "\" (in PostgreSQL \"" +
           found.database_name + "\"), not of \"" + database + "\"";
}

std::vector<DumpSummary> Listing::read() {
    std::vector<DumpSummary> dumps;
    const auto ids = dump_ids(directory_);
    std::erase_if(cache_, [&](const auto& cached) {
        return std::find(ids.begin(), ids.end(), cached.first) == ids.end();
    });
    std::vector<DumpIdentity> known;
    for (const auto& id : ids) {
        dumps.push_back(read_dump(id));
        known.push_back(dumps.back().identity);
    }
    for (auto& dump : dumps) {
        if (dump.backup.status != BackupStatus::completed) continue;
        auto reason = foreign(dump.identity, database_, known);
        if (!reason.empty()) fail(dump, std::move(reason));
    }
    for (const auto& id : Workspace::in_use(directory_, partial_prefix)) {
        dumps.push_back(entry(id, BackupStatus::running));
    }
    std::sort(dumps.begin(), dumps.end(), [](const DumpSummary& a, const DumpSummary& b) {
        return std::tie(a.backup.started_at, a.backup.id) <
               std::tie(b.backup.started_at, b.backup.id);
    });
    return dumps;
}

DumpSummary Listing::read_dump(const std::string& id) {
    const fs::path folder = directory_ / id;
    DumpSummary summary;
    try {
        summary = read_summary(id);
        if (auto damage = find_damage(folder, summary.files)) fail(summary, std::move(*damage));
    } catch (const Failure& failure) {
        // One that may not be read is not therefore damaged.
        const bool is_proof = failure.kind() == Failure::Kind::corrupt;
        const auto status = is_proof ? BackupStatus::failed : BackupStatus::unknown;
        summary = entry(id, status, failure.what());
    }
    summary.backup.size_bytes = size_of(folder);
    return summary;
}

DumpSummary Listing::read_summary(const std::string& id) {
    const fs::path folder = directory_ / id;
    if (!fs::is_directory(status_of(folder))) {
        throw Failure(Failure::Kind::corrupt, id + " is not a folder");
    }
    struct stat status {};
    if (::lstat((folder / "manifest.json").c_str(), &status) != 0) status = {};
    const auto changed =
        static_cast<std::int64_t>(status.st_ctim.tv_sec) * 1'000'000'000 + status.st_ctim.tv_nsec;
    const auto known = cache_.find(id);
    if (known != cache_.end() && known->second.inode == status.st_ino &&
        known->second.changed == changed) {
        return known->second.summary;
    }
    cache_.erase(id);
    DumpSummary summary = summarise(read_manifest(folder));
    cache_.emplace(id, Cached{status.st_ino, changed, summary});
    return summary;
}

}  // namespace backupwatch
