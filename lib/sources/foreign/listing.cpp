#include "sources/foreign/listing.hpp"

#include "core/failure.hpp"
#include "core/size.hpp"
#include "core/text.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/folder.hpp"
#include "sources/foreign/file_stamp.hpp"
#include "sources/foreign/verdict_text.hpp"

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
constexpr int judging = 1;
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

KinDump kin_of(const std::string& id, Instant at, const InspectedDump& dump) {
    KinDump kin{id, at, {}};
    for (const TableContent& table : dump.manifest.tables) kin.tables.insert(table.name);
    return kin;
}

/// Null: it is of a newer version, or nobody's.
std::shared_ptr<const InspectedDump> recalled(const FileVerdict& verdict) {
    if (verdict.content.empty()) return nullptr;
    try {
        return std::make_shared<const InspectedDump>(parse_verdict_text(verdict.content));
    } catch (const Failure&) {
        return nullptr;
    }
}

}  // namespace

Instant finished_at(Instant modified, const std::optional<Instant>& begun_by) {
    return begun_by && *begun_by + longest_dump < modified ? *begun_by : modified;
}

ForeignListing::ForeignListing(fs::path directory, ForeignFiles files, InspectionOptions options)
    : directory_(std::move(directory)), files_(std::move(files)), options_(std::move(options)) {
    // What chooses the database of a file that has several.
    judge_ = std::to_string(judging) + " " + options_.database + " " + options_.connected;
}

void ForeignListing::recall(const std::vector<FileVerdict>& kept) {
    for (const FileVerdict& verdict : kept) {
        Judged judged;
        judged.stamp = verdict.file.stamp;
        judged.status = verdict.status;
        judged.inspected = recalled(verdict);
        judged.at = verdict.at;
        judged.kinship = verdict.kinship;
        (verdict.kinship == Kinship::other ? judged.reason : judged.error) = verdict.error;
        judged.is_kept = true;
        const bool is_whole = verdict.status == BackupStatus::completed;
        const bool is_trusted = verdict.judge == judge_ && (!is_whole || judged.inspected);
        const std::lock_guard lock(mutex_);
        kept_.insert(verdict.file);
        if (verdict.kinship == Kinship::own && judged.inspected) {
            refer_to(verdict.file, kin_of(verdict.file.id, verdict.at, *judged.inspected));
        }
        if (is_trusted) {
            // Of two stamps of a file one is gone: the one that is there is found by its stamp.
            const auto before = judged_.find(verdict.file.id);
            const bool is_newer = before == judged_.end() || before->second.at < judged.at;
            if (is_newer) judged_.insert_or_assign(verdict.file.id, std::move(judged));
        } else {
            judged.inspected.reset();
            former_.emplace(verdict.file, std::move(judged));
        }
    }
}

bool ForeignListing::is_settled(std::int64_t changed, Instant now) const {
    return now >= instant_at(changed) + files_.settle;
}

std::optional<ForeignListing::Judged> ForeignListing::known(
    const std::string& name, const std::string& stamp
) {
    const std::lock_guard lock(mutex_);
    const auto found = judged_.find(name);
    if (found == judged_.end() || found->second.stamp != stamp) return std::nullopt;
    return found->second;
}

void ForeignListing::judge_new(Instant now) {
    std::vector<std::pair<std::int64_t, std::string>> newest_first;
    for (const std::string& name : names()) {
        if (!is_showable(name)) continue;
        newest_first.emplace_back(stamp_of(directory_ / name).modified, name);
    }
    // What all verdicts hang on is known first.
    std::ranges::sort(newest_first, std::ranges::greater());
    for (const auto& [modified, name] : newest_first) {
        const FileStamp stamp = stamp_of(directory_ / name);
        const std::string text = stamp.text();
        if (stamp.inode == 0 || !is_settled(stamp.changed, now)) continue;
        const auto before = known(name, text);
        if (before && !before->is_tried_again) continue;
        {
            const std::lock_guard lock(mutex_);
            reading_ = Reading{name, 0, stamp.size, SteadyClock::now()};
        }
        std::optional<Judged> judged;
        try {
            judged = judge(name, text, instant_at(stamp.modified));
        } catch (...) {
            const std::lock_guard lock(mutex_);
            reading_.reset();
            throw;
        }
        const std::lock_guard lock(mutex_);
        reading_.reset();
        judged_.insert_or_assign(name, std::move(*judged));
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
        const FileStamp stamp = stamp_of(directory_ / name);
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
        const bool settled = is_settled(stamp.changed, now);
        const auto verdict = settled ? known(name, stamp.text()) : std::nullopt;
        if (!verdict) {
            dump.backup.status = BackupStatus::running;
            dump.backup.is_unread = settled;
            if (settled) dump.backup.error = how_far(name);
            continue;
        }
        dump.backup.status = verdict->status;
        dump.backup.error = verdict->error;
        dump.inspected = verdict->inspected;
        dump.backup.finished_at = dump.backup.started_at = verdict->at;
    }
    std::sort(dumps.begin(), dumps.end(), [](const ForeignDump& a, const ForeignDump& b) {
        return std::tie(a.backup.started_at, a.backup.id) <
               std::tie(b.backup.started_at, b.backup.id);
    });
    decide(dumps, now);
    return dumps;
}

void ForeignListing::decide(std::vector<ForeignDump>& oldest_first, Instant now) {
    const std::lock_guard lock(mutex_);
    std::vector<KinDump> kin;
    std::vector<ForeignDump*> whole;
    for (ForeignDump& dump : oldest_first) {
        const auto judged = judged_.find(dump.backup.id);
        // Another may have been judged in its place since.
        const bool is_same = judged != judged_.end() && judged->second.inspected == dump.inspected;
        if (!dump.inspected || !is_same) continue;
        whole.push_back(&dump);
        KinDump& one = kin.emplace_back(kin_of(dump.backup.id, judged->second.at, *dump.inspected));
        one.kinship = judged->second.kinship;
        one.reason = judged->second.reason;
    }
    const auto reference = reference_ ? std::optional(reference_->dump) : std::nullopt;
    decide_kinship(reference, kin);
    // Without a reference the oldest is the one, and that may be still to be read.
    const bool is_final =
        reference || !std::ranges::any_of(oldest_first, [](const ForeignDump& dump) {
            return dump.backup.is_unread;
        });
    for (std::size_t i = 0; i < kin.size(); ++i) {
        Judged& judged = judged_.at(kin[i].id);
        if (is_final) {
            if (judged.kinship != kin[i].kinship) judged.is_kept = false;
            judged.kinship = kin[i].kinship;
            judged.reason = kin[i].reason;
            const bool is_own = kin[i].kinship == Kinship::own && kin[i].at <= now;
            if (is_own) refer_to({kin[i].id, judged.stamp}, kin[i]);
        }
        if (kin[i].kinship != Kinship::other) continue;
        whole[i]->backup.status = BackupStatus::failed;
        whole[i]->backup.error = kin[i].reason;
        whole[i]->inspected.reset();
    }
}

void ForeignListing::refer_to(const FileKey& file, const KinDump& dump) {
    if (!reference_ || reference_->dump.at <= dump.at) reference_ = Reference{file, dump};
}

FileVerdict ForeignListing::verdict_of(const std::string& name, const Judged& judged, Instant now)
    const {
    FileVerdict verdict;
    verdict.file = {name, judged.stamp};
    verdict.judge = judge_;
    verdict.judged_at = now;
    verdict.at = judged.at;
    verdict.status = judged.status;
    verdict.kinship = judged.kinship;
    verdict.error = judged.kinship == Kinship::other ? judged.reason : judged.error;
    if (judged.inspected) verdict.content = verdict_text(*judged.inspected);
    return verdict;
}

FileVerdictChange ForeignListing::changes(Instant now) {
    const std::lock_guard lock(mutex_);
    FileVerdictChange change;
    std::set<FileKey> needed;
    if (reference_) needed.insert(reference_->file);
    for (auto& [name, judged] : judged_) {
        if (judged.is_tried_again) continue;
        needed.insert({name, judged.stamp});
        if (judged.is_kept) continue;
        FileVerdict verdict = verdict_of(name, judged, now);
        if (verdict.content.size() > longest_verdict_text) continue;
        change.known.push_back(std::move(verdict));
    }
    for (const FileKey& file : kept_) {
        if (!needed.contains(file)) change.gone.push_back(file);
    }
    return change;
}

void ForeignListing::note_kept(const FileVerdictChange& change) {
    const std::lock_guard lock(mutex_);
    for (const FileKey& file : change.gone) kept_.erase(file);
    for (const FileVerdict& verdict : change.known) {
        kept_.insert(verdict.file);
        const auto judged = judged_.find(verdict.file.id);
        if (judged == judged_.end() || judged->second.stamp != verdict.file.stamp) continue;
        judged->second.is_kept = judged->second.kinship == verdict.kinship;
    }
}

std::optional<FileVerdict> ForeignListing::acceptance(Instant now) {
    const std::lock_guard lock(mutex_);
    const auto is_older = [](const auto& one, const auto& other) {
        return std::tuple(one.second.inspected != nullptr, one.second.at) <
               std::tuple(other.second.inspected != nullptr, other.second.at);
    };
    const auto newest = std::ranges::max_element(judged_, is_older);
    if (newest == judged_.end() || !newest->second.inspected) return std::nullopt;
    if (newest->second.kinship != Kinship::other) return std::nullopt;
    Judged meant = newest->second;
    meant.kinship = Kinship::own;
    meant.reason.clear();
    return verdict_of(newest->first, meant, now);
}

void ForeignListing::accept(const FileKey& file) {
    const std::lock_guard lock(mutex_);
    const auto accepted = judged_.find(file.id);
    if (accepted == judged_.end() || accepted->second.stamp != file.stamp) return;
    if (!accepted->second.inspected) return;
    // What was refused with it is held against it.
    for (auto& [name, judged] : judged_) {
        if (judged.kinship != Kinship::other) continue;
        judged.kinship = Kinship::undecided;
        judged.reason.clear();
    }
    Judged& judged = accepted->second;
    judged.kinship = Kinship::own;
    reference_ = Reference{file, kin_of(file.id, judged.at, *judged.inspected)};
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
        const bool has_contents = fs::exists(entries->path() / "toc.dat", closed);
        if (files_.pattern.empty() ? has_contents : is_chosen) found.push_back(name);
    }
    if (error) throw read_failure("list the dumps in", directory_, error.value());
    return found;
}

ForeignListing::Judged ForeignListing::judge(
    const std::string& name, const std::string& stamp, Instant modified
) {
    Judged judged;
    judged.stamp = stamp;
    judged.at = modified;
    {
        // The same bytes: another judge does not make another database's of them.
        const std::lock_guard lock(mutex_);
        const auto former = former_.find({name, stamp});
        if (former != former_.end()) {
            judged.kinship = former->second.kinship;
            judged.reason = former->second.reason;
        }
    }
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
