#include "sources/foreign/listing.hpp"

#include "core/failure.hpp"
#include "core/size.hpp"
#include "core/text.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/folder.hpp"
#include "sources/foreign/file_stamp.hpp"
#include "sources/foreign/supabase_files.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <tuple>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

/// Another number reads all files again: raise it when a verdict may come out otherwise.
constexpr int judging = 7;
constexpr std::size_t longest_error = 300;
/// A dump of a terabyte may take a day from its beginning to the date of its file.
constexpr Duration longest_dump = std::chrono::hours(24);

Instant instant_at(std::int64_t nanoseconds) {
    const std::chrono::nanoseconds since_epoch(nanoseconds);
    return Instant(std::chrono::duration_cast<Instant::duration>(since_epoch));
}

/// Ids are shown, logged and typed.
bool is_showable(const std::string& name) {
    return clean_line(name) == name;
}

FileStamp stamp_of_dump(const fs::path& path) {
    const auto folder = supabase_folder(path);
    const bool is_of_several = folder && *folder != path;
    if (!is_of_several) return stamp_of(path);
    std::vector<fs::path> files;
    for (const auto& name : supabase_files_in(*folder).value_or(SupabaseFiles()).names()) {
        files.push_back(*folder / name);
    }
    return stamp_of(files);
}

/// What chooses the database of a file that has several, and by what rules.
std::string judge_with(const InspectionOptions& options) {
    return std::to_string(judging) + " " + options.database + " " + options.connected;
}

}  // namespace

Instant finished_at(Instant modified, const std::optional<Instant>& begun_by) {
    return begun_by && *begun_by + longest_dump < modified ? *begun_by : modified;
}

ForeignListing::ForeignListing(fs::path directory, ForeignFiles files, InspectionOptions options)
    : directory_(std::move(directory)),
      files_(std::move(files)),
      options_(std::move(options)),
      known_(judge_with(options_)) {}

bool ForeignListing::is_settled(std::int64_t changed, Instant now) const {
    return now >= instant_at(changed) + files_.settle;
}

bool ForeignListing::judge_new(
    Instant now, std::size_t most_unkept_bytes, const std::string& awaited
) {
    bool is_through = true;
    std::vector<std::pair<std::int64_t, std::string>> newest_first;
    for (const std::string& name : names()) {
        if (!is_showable(name)) continue;
        newest_first.emplace_back(stamp_of_dump(directory_ / name).modified, name);
    }
    // What all verdicts hang on is known first.
    std::ranges::sort(newest_first, std::ranges::greater());
    for (const auto& [modified, name] : newest_first) {
        const FileStamp stamp = stamp_of_dump(directory_ / name);
        const std::string text = stamp.text();
        if (stamp.inode == 0 || !is_settled(stamp.changed, now)) continue;
        const auto before = known_.find(name, text);
        if (before && !before->is_tried_again) continue;
        const bool is_owed = name == newest_first.front().second || name == awaited;
        if (!is_owed && known_.unkept_bytes() > most_unkept_bytes) {
            is_through = false;
            continue;
        }
        {
            const std::lock_guard lock(mutex_);
            reading_ = Reading{name, 0, stamp.size, SteadyClock::now()};
        }
        std::optional<JudgedFile> judged;
        try {
            judged = judge(name, text, instant_at(stamp.modified));
        } catch (...) {
            const std::lock_guard lock(mutex_);
            reading_.reset();
            throw;
        }
        known_.add(name, std::move(*judged));
        const std::lock_guard lock(mutex_);
        reading_.reset();
    }
    return is_through;
}

std::vector<ForeignDump> ForeignListing::read(Instant now) {
    const auto found = names();
    known_.forget_all_but(found);
    std::vector<ForeignDump> dumps;
    for (const std::string& name : found) {
        const FileStamp stamp = stamp_of_dump(directory_ / name);
        // It has gone meanwhile.
        if (stamp.inode == 0) continue;
        ForeignDump& dump = dumps.emplace_back();
        dump.backup.id = name;
        dump.stamp = stamp.text();
        dump.backup.size_bytes = stamp.size;
        dump.backup.started_at = instant_at(stamp.modified);
        if (!is_showable(name)) {
            dump.backup.id = cut(clean_line(name), longest_error);
            dump.backup.status = BackupStatus::failed;
            dump.backup.error = "its name has letters that cannot be shown: rename it";
            dump.backup.finished_at = dump.backup.started_at;
            continue;
        }
        const bool settled = is_settled(stamp.changed, now);
        // What was read as it lies there had settled then, though the clock was set back since.
        const auto verdict = known_.find(name, dump.stamp);
        if (!verdict) {
            dump.backup.status = BackupStatus::running;
            dump.backup.is_unread = settled;
            if (!settled) continue;
            dump.backup.error = how_far(name);
            const std::string why = known_.why_again(name, dump.stamp);
            if (!why.empty()) dump.backup.error += "; " + why;
            continue;
        }
        dump.backup.status = verdict->status;
        dump.backup.error = verdict->error;
        dump.is_whole = verdict->marks.has_value();
        dump.inspected = verdict->inspected;
        dump.is_let_go = verdict->is_let_go();
        dump.backup.finished_at = dump.backup.started_at = verdict->at;
    }
    const auto is_older = [](const ForeignDump& a, const ForeignDump& b) {
        return std::tie(a.backup.started_at, a.backup.id) <
               std::tie(b.backup.started_at, b.backup.id);
    };
    std::ranges::sort(dumps, is_older);
    known_.decide(dumps, now);
    // Copies are no newer than what they are copies of.
    std::ranges::sort(dumps, is_older);
    return dumps;
}

std::optional<Progress> ForeignListing::progress() {
    const std::lock_guard lock(mutex_);
    if (!reading_) return std::nullopt;
    Progress progress;
    progress.phase = "read";
    progress.bytes_done = reading_->done;
    progress.bytes_total = reading_->total;
    return progress;
}

std::string ForeignListing::how_far(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (!reading_ || reading_->name != name) return "it waits for its turn";
    const Reading& reading = *reading_;
    std::string text =
        size_in_words(reading.done) + " of " + size_in_words(reading.total) + " are read";
    const auto elapsed = std::chrono::duration<double>(SteadyClock::now() - reading.began);
    const double part = static_cast<double>(reading.done) /
                        static_cast<double>(std::max<std::uint64_t>(reading.total, 1));
    // Before, a rate says more about the beginning than about the rest.
    if (part < 0.02 || part >= 1) return text;
    const auto left = std::chrono::ceil<std::chrono::seconds>(elapsed * ((1 - part) / part));
    return text + ", about " + in_words(std::chrono::duration_cast<Duration>(left)) + " more";
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
        const bool has_contents =
            fs::exists(entries->path() / "toc.dat", closed) || supabase_files_in(entries->path());
        if (files_.pattern.empty() ? has_contents : is_chosen) found.push_back(name);
    }
    if (error) throw read_failure("list the dumps in", directory_, error.value());
    if (const auto files = supabase_files_in(directory_)) {
        // They are one dump, which is called like its data.
        std::erase_if(found, [&](const std::string& name) {
            return name == files->roles || name == files->schema || name == files->data;
        });
        found.push_back(files->data);
    }
    return found;
}

JudgedFile ForeignListing::judge(
    const std::string& name, const std::string& stamp, Instant modified
) {
    JudgedFile judged;
    judged.stamp = stamp;
    judged.at = modified;
    InspectionOptions options = options_;
    options.on_read = [this](std::size_t count) {
        const std::lock_guard lock(mutex_);
        if (reading_) reading_->done += count;
        return !options_.on_read || options_.on_read(count);
    };
    try {
        judged.inspected =
            std::make_shared<const InspectedDump>(inspect(directory_ / name, options));
        judged.status = BackupStatus::completed;
        judged.at = finished_at(modified, judged.inspected->begun_by);
    } catch (const Failure& failure) {
        if (failure.kind() == Failure::Kind::timeout) throw;
        const bool is_damaged = failure.kind() == Failure::Kind::corrupt;
        judged.status = is_damaged ? BackupStatus::failed : BackupStatus::unknown;
        // What has another cause than its content may be otherwise the next time.
        judged.is_tried_again = !is_damaged && failure.kind() != Failure::Kind::missing;
        judged.error = cut(clean_line(failure.what()), longest_error);
    } catch (const std::exception& failure) {
        // No memory for it, perhaps.
        judged.status = BackupStatus::unknown;
        judged.is_tried_again = true;
        judged.error = cut(clean_line(failure.what()), longest_error);
    }
    return judged;
}

}  // namespace backupwatch
