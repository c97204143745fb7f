#include "sources/foreign/listing.hpp"

#include "core/failure.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_error = 300;
/// A dump of a terabyte may take a day from its beginning to the date of its file.
constexpr Duration longest_dump = std::chrono::hours(24);

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Instant instant_at(std::int64_t nanoseconds) {
    const std::chrono::nanoseconds since_epoch(nanoseconds);
    return Instant(std::chrono::duration_cast<Instant::duration>(since_epoch));
}

/// Ids are shown, logged and typed.
bool is_showable(const std::string& name) {
    return clean_line(name) == name;
}

std::set<std::string> names_of(const Manifest& manifest) {
    std::set<std::string> names;
    for (const TableContent& table : manifest.tables) names.insert(table.name);
    return names;
}

}  // namespace

Instant finished_at(Instant modified, const std::optional<Instant>& begun_by) {
    return begun_by && *begun_by + longest_dump < modified ? *begun_by : modified;
}

std::string other_database(const Manifest& before, const Manifest& found) {
    const std::set<std::string> had = names_of(before);
    const std::set<std::string> has = names_of(found);
    const auto common = std::count_if(has.begin(), has.end(), [&](const std::string& name) {
        return had.count(name) > 0;
    });
    if (had.empty() || has.empty() || common > 0) return {};
    return "it holds none of the " + counted(had.size(), "table") + " of " + before.id +
           ", the one before it: it is a dump of another database";
}

void ForeignListing::Stamp::add(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return;
        throw read_failure("look at", path, errno);
    }
    changed = std::max(changed, nanoseconds(status.st_ctim));
    modified = std::max(modified, nanoseconds(status.st_mtim));
    inode += status.st_ino;
    if (!S_ISREG(status.st_mode)) return;
    size += static_cast<std::uint64_t>(status.st_size);
    ++files;
}

bool ForeignListing::is_settled(const Stamp& stamp, Instant now) const {
    return now >= instant_at(stamp.changed) + files_.settle;
}

std::optional<ForeignListing::Judged> ForeignListing::known(
    const std::string& name, const Stamp& stamp
) {
    const std::lock_guard lock(mutex_);
    const auto found = judged_.find(name);
    if (found == judged_.end() || found->second.stamp != stamp) return std::nullopt;
    return found->second;
}

void ForeignListing::judge_new(Instant now) {
    std::vector<std::pair<std::int64_t, std::string>> newest_first;
    for (const std::string& name : names()) {
        if (is_showable(name)) newest_first.emplace_back(stamp_of(name).modified, name);
    }
    // What all verdicts hang on is known first.
    std::ranges::sort(newest_first, std::ranges::greater());
    for (const auto& [modified, name] : newest_first) {
        const Stamp stamp = stamp_of(name);
        if (!is_settled(stamp, now) || known(name, stamp)) continue;
        Judged judged = judge(name, stamp);
        const std::lock_guard lock(mutex_);
        judged_.insert_or_assign(name, std::move(judged));
    }
}

std::vector<ForeignDump> ForeignListing::read(Instant now) {
    const auto found = names();
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(judged_, [&](const auto& judged) {
            return std::find(found.begin(), found.end(), judged.first) == found.end();
        });
    }
    std::vector<ForeignDump> dumps;
    for (const std::string& name : found) {
        const Stamp stamp = stamp_of(name);
        // It has gone meanwhile.
        if (stamp.inode == 0) continue;
        ForeignDump& dump = dumps.emplace_back();
        dump.backup.id = name;
        dump.backup.size_bytes = stamp.size;
        dump.backup.started_at = instant_at(stamp.modified);
        if (!is_showable(name)) {
            dump.backup.id = cut(clean_line(name), longest_error);
            dump.backup.status = BackupStatus::failed;
            dump.backup.error = "its name has letters that cannot be shown: rename it";
            dump.backup.finished_at = dump.backup.started_at;
            continue;
        }
        const bool settled = is_settled(stamp, now);
        const auto verdict = settled ? known(name, stamp) : std::nullopt;
        dump.is_to_be_read = settled && !verdict;
        if (!verdict) {
            dump.backup.status = BackupStatus::running;
            continue;
        }
        const Judged& judged = *verdict;
        dump.backup.status = judged.status;
        dump.backup.error = judged.error;
        dump.inspected = judged.inspected;
        const Instant modified = instant_at(stamp.modified);
        const auto begun_by = judged.inspected ? judged.inspected->begun_by : std::nullopt;
        dump.backup.finished_at = finished_at(modified, begun_by);
        dump.backup.started_at = *dump.backup.finished_at;
    }
    std::sort(dumps.begin(), dumps.end(), [](const ForeignDump& a, const ForeignDump& b) {
        return std::tie(a.backup.started_at, a.backup.id) <
               std::tie(b.backup.started_at, b.backup.id);
    });
    const Manifest* before = nullptr;
    for (ForeignDump& dump : dumps) {
        if (!dump.inspected) continue;
        const auto reason =
            before == nullptr ? std::string() : other_database(*before, dump.inspected->manifest);
        if (reason.empty()) {
            before = &dump.inspected->manifest;
        } else {
            dump.backup.status = BackupStatus::failed;
            dump.backup.error = reason;
            dump.inspected.reset();
        }
    }
    return dumps;
}

std::vector<std::string> ForeignListing::names() const {
    std::vector<std::string> found;
    std::error_code error;
    fs::directory_iterator entries(directory_, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        const std::string name = entries->path().filename();
        const bool is_chosen = is_dump_name(files_, name);
        // What is linked to is there itself.
        const auto status = status_of(entries->path());
        if (fs::is_regular_file(status) && is_chosen) found.push_back(name);
        if (!fs::is_directory(status) || is_dump_id(name) || name.starts_with('.')) continue;
        // What we may not look into (lost+found) is no dump of anybody.
        std::error_code closed;
        const bool has_contents = fs::exists(entries->path() / "toc.dat", closed);
        if (files_.pattern.empty() ? has_contents : is_chosen) found.push_back(name);
    }
    if (error) throw read_failure("list the dumps in", directory_, error.value());
    return found;
}

ForeignListing::Stamp ForeignListing::stamp_of(const std::string& name) const {
    Stamp stamp;
    const fs::path path = directory_ / name;
    stamp.add(path);
    if (!fs::is_directory(status_of(path))) return stamp;
    std::error_code error;
    fs::directory_iterator entries(path, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        stamp.add(entries->path());
    }
    if (error) throw read_failure("read", path, error.value());
    return stamp;
}

ForeignListing::Judged ForeignListing::judge(const std::string& name, const Stamp& stamp) const {
    Judged judged;
    judged.stamp = stamp;
    try {
        judged.inspected =
            std::make_shared<const InspectedDump>(inspect(directory_ / name, options_));
        judged.status = BackupStatus::completed;
    } catch (const Failure& failure) {
        if (failure.kind() == Failure::Kind::timeout) throw;
        const bool is_damaged = failure.kind() == Failure::Kind::corrupt;
        judged.status = is_damaged ? BackupStatus::failed : BackupStatus::unknown;
        // What has another cause than its content may be otherwise the next time.
        if (!is_damaged && failure.kind() != Failure::Kind::missing) judged.stamp = {};
        judged.error = cut(clean_line(failure.what()), longest_error);
    } catch (const std::exception& failure) {
        // No memory for it, perhaps.
        judged.status = BackupStatus::unknown;
        judged.error = cut(clean_line(failure.what()), longest_error);
    }
    return judged;
}

}  // namespace backupwatch
