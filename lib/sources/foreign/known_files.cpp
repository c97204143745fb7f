#include "sources/foreign/known_files.hpp"

#include "core/backup/identifier.hpp"
#include "core/backup/shape.hpp"
#include "core/failure.hpp"
#include "postgres/supabase.hpp"
#include "sources/foreign/verdict_text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace backupwatch {
namespace {

/// One that a drill may want, and the one before it.
constexpr std::size_t most_too_long = 2;

constexpr const char* too_long_to_keep =
    "what was found in it is too long to be kept, so it is read again after each restart";

KinTables kin_tables(const InspectedDump& dump) {
    std::set<std::string> tables;
    // Those of each project of Supabase's tell none from another.
    const auto is_telling = [&](const TableContent& table) {
        return !dump.manifest.is_of_supabase ||
               !is_of_each_project(identifier_parts(table.name).front());
    };
    const bool any_tells = std::ranges::any_of(dump.manifest.tables, is_telling);
    const auto whole = whole_tables(dump.manifest);
    for (const TableContent& table : dump.manifest.tables) {
        if (table.is_of_extension || (any_tells && !is_telling(table))) continue;
        tables.insert(whole.at(table.name));
    }
    return std::make_shared<const std::set<std::string>>(std::move(tables));
}

KinDump kin_of(const std::string& id, const JudgedFile& judged) {
    return {id, judged.at, judged.marks->tables, judged.kinship, judged.reason};
}

void hold_back(ForeignDump& dump, const char* why) {
    dump.backup.status = BackupStatus::running;
    dump.backup.is_unread = true;
    dump.backup.error = why;
    dump.is_whole = false;
}

/// None: it is of a newer version, or nobody's.
std::optional<InspectedDump> recalled(std::string_view content) {
    if (content.empty()) return std::nullopt;
    try {
        return parse_verdict_text(content);
    } catch (const Failure&) {
        return std::nullopt;
    }
}

std::size_t bytes_of(const InspectedDump& dump) {
    std::size_t bytes = sizeof dump;
    for (const TableContent& table : dump.manifest.tables) {
        bytes += sizeof table + table.name.size();
        for (const std::string& column : table.columns) bytes += sizeof column + column.size();
    }
    for (const std::string& role : dump.roles) bytes += sizeof role + role.size();
    for (const std::string& statement : dump.prelude) bytes += sizeof statement + statement.size();
    return bytes;
}

DumpMarks marks_of(const InspectedDump& dump, Instant at) {
    return {kin_tables(dump), {dump.sql_sha256, at, dump.since}, dump.is_unique};
}

JudgedFile judged_by(const FileVerdict& verdict) {
    JudgedFile judged;
    judged.stamp = verdict.file.stamp;
    judged.status = verdict.status;
    judged.at = verdict.at;
    judged.kinship = verdict.kinship;
    judged.kept_bytes = verdict.content.size();
    (verdict.kinship == Kinship::other ? judged.reason : judged.error) = verdict.error;
    judged.is_kept = true;
    return judged;
}

}  // namespace

void KnownFiles::recall(const std::vector<FileVerdict>& kept, Instant now) {
    for (const FileVerdict& verdict : kept) recall_one(verdict, now);
    const std::lock_guard lock(mutex_);
    is_recalled_ = true;
}

void KnownFiles::recall_one(const FileVerdict& verdict, Instant now) {
    const std::lock_guard lock(mutex_);
    JudgedFile former = judged_by(verdict);
    const auto content = recalled(verdict.content);
    const auto marks = short_verdict(verdict.content);
    if (content) {
        former.marks = marks_of(*content, verdict.at);
    } else if (marks && !marks->tables.empty()) {
        former.marks = DumpMarks{
            std::make_shared<const std::set<std::string>>(marks->tables),
            {marks->sql_sha256, verdict.at, marks->since},
            false};
    }
    share_tables(former);
    kept_.insert(verdict.file);
    if (verdict.kinship == Kinship::own) refer_to(verdict.file, former, now);
    const auto known = judged_.find(verdict.file.id);
    const bool is_known = known != judged_.end();
    if (is_known && known->second.stamp == former.stamp) {
        inherit(known->second, former);
        return remember_since(known->second, former);
    }
    const bool is_whole = verdict.status == BackupStatus::completed;
    const bool is_trusted = verdict.judge == judge_ && (!is_whole || content);
    if (!is_trusted) {
        former_.emplace(verdict.file, std::move(former));
        return;
    }
    // Of two stamps of a file one is gone: the one that is there is found by its stamp.
    const bool is_newer = !is_known || (known->second.is_kept && known->second.at < former.at);
    if (is_newer) {
        judged_.insert_or_assign(verdict.file.id, std::move(former));
    } else {
        remember_since(known->second, former);
    }
}

void KnownFiles::touch(JudgedFile& judged) {
    judged.is_kept = false;
    judged.revision = ++newest_revision_;
}

void KnownFiles::set_since(JudgedFile& judged, std::optional<Instant> since) {
    judged.marks->dated.since = since;
    touch(judged);
    if (!judged.inspected) return;
    InspectedDump dated = *judged.inspected;
    dated.since = since;
    judged.inspected = std::make_shared<const InspectedDump>(std::move(dated));
}

/// What lay there before, under the same name, had the same bytes.
void KnownFiles::remember_since(JudgedFile& judged, const JudgedFile& former) {
    if (!judged.marks || !former.marks) return;
    std::vector<DatedDump> both{judged.marks->dated, former.marks->dated};
    find_copies(both);
    if (both[0].since != judged.marks->dated.since) set_since(judged, both[0].since);
}

/// The same bytes: another judge, or reading them again, makes no other database's of them.
void KnownFiles::inherit(JudgedFile& judged, const JudgedFile& former) {
    if (!judged.marks || judged.kinship != Kinship::undecided) return;
    judged.kinship = former.kinship;
    judged.reason = former.reason;
    touch(judged);
}

/// From night to night they are the same: thousands of names, of hundreds of files.
void KnownFiles::share_tables(JudgedFile& judged) {
    if (!judged.marks) return;
    KinTables& tables = judged.marks->tables;
    if (newest_tables_ && *newest_tables_ == *tables) tables = newest_tables_;
    newest_tables_ = tables;
}

std::optional<JudgedFile> KnownFiles::find(const std::string& name, const std::string& stamp)
    const {
    const std::lock_guard lock(mutex_);
    const auto found = judged_.find(name);
    if (found == judged_.end() || found->second.stamp != stamp) return std::nullopt;
    return found->second;
}

void KnownFiles::add(const std::string& name, JudgedFile judged) {
    const std::lock_guard lock(mutex_);
    // Made once, and not at each listing.
    if (judged.inspected) {
        judged.marks = marks_of(*judged.inspected, judged.at);
        judged.held_bytes = bytes_of(*judged.inspected);
    }
    touch(judged);
    share_tables(judged);
    const auto former = former_.find({name, judged.stamp});
    if (former != former_.end()) {
        inherit(judged, former->second);
        remember_since(judged, former->second);
    }
    const auto before = judged_.find(name);
    if (before != judged_.end()) remember_since(judged, before->second);
    judged_.insert_or_assign(name, std::move(judged));
}

std::string KnownFiles::why_again(const std::string& name, const std::string& stamp) const {
    const std::lock_guard lock(mutex_);
    const auto former = former_.find({name, stamp});
    const bool is_whole =
        former != former_.end() && former->second.status == BackupStatus::completed;
    return is_whole ? former->second.error : std::string();
}

void KnownFiles::forget_all_but(const std::vector<std::string>& there) {
    const std::lock_guard lock(mutex_);
    there_ = {there.begin(), there.end()};
    if (there_.empty()) return;
    std::erase_if(judged_, [this](const auto& judged) { return !there_.contains(judged.first); });
}

void KnownFiles::decide(std::vector<ForeignDump>& oldest_first, Instant now) {
    const std::lock_guard lock(mutex_);
    std::vector<KinDump> kin;
    std::vector<ForeignDump*> whole;
    for (ForeignDump& dump : oldest_first) {
        const auto judged = judged_.find(dump.backup.id);
        // Another may have been judged in its place since.
        const bool is_same = judged != judged_.end() && judged->second.stamp == dump.stamp;
        if (!dump.is_whole || !is_same || !judged->second.marks) continue;
        if (!is_recalled_) {
            hold_back(dump, "it is whole; whether it is of this database, the state has to say");
            continue;
        }
        whole.push_back(&dump);
        kin.push_back(kin_of(dump.backup.id, judged->second));
    }
    date(whole);
    const auto reference = reference_ ? std::optional(reference_->dump) : std::nullopt;
    decide_kinship(reference, kin);
    // Without a reference the oldest is the one, and that may be still to be read.
    const bool is_final =
        reference || !std::ranges::any_of(oldest_first, [](const ForeignDump& dump) {
            return dump.backup.is_unread;
        });
    for (std::size_t i = 0; i < kin.size(); ++i) {
        JudgedFile& judged = judged_.at(kin[i].id);
        if (is_final) {
            if (judged.kinship != kin[i].kinship) touch(judged);
            judged.kinship = kin[i].kinship;
            judged.reason = kin[i].reason;
            if (judged.kinship == Kinship::own) refer_to({kin[i].id, judged.stamp}, judged, now);
        }
        if (kin[i].kinship != Kinship::other) continue;
        if (judged.kinship != Kinship::other) {
            hold_back(
                *whole[i],
                "it is whole; whether it is of this database, those that are still to be read "
                "have to say"
            );
            continue;
        }
        whole[i]->backup.status = BackupStatus::failed;
        whole[i]->backup.error = kin[i].reason;
        whole[i]->is_whole = false;
    }
}

/// A copy is no newer than what it is one of. Where pg_dump marks no dump as another's, that it is
/// one nobody can tell.
void KnownFiles::date(std::vector<ForeignDump*>& whole) {
    std::vector<DatedDump> dated;
    if (reference_) dated.push_back(reference_->dated);
    const std::size_t first = dated.size();
    for (const ForeignDump* dump : whole) {
        dated.push_back(judged_.at(dump->backup.id).marks->dated);
    }
    find_copies(dated);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        ForeignDump& dump = *whole[i];
        const auto since = dated[first + i].since;
        JudgedFile& judged = judged_.at(dump.backup.id);
        if (since != judged.marks->dated.since) set_since(judged, since);
        dump.inspected = judged.inspected;
        if (!since) continue;
        if (judged.marks->is_unique) {
            dump.backup.started_at = *since;
            dump.backup.finished_at = since;
        } else {
            dump.backup.unchanged_since = since;
        }
    }
}

/// Nobody holds anything against one that is dated in the future until then.
void KnownFiles::refer_to(const FileKey& file, const JudgedFile& own, Instant now) {
    if (!own.marks || own.at > now) return;
    if (reference_ && reference_->dump.at > own.at) return;
    reference_ = Reference{file, kin_of(file.id, own), own.marks->dated};
}

FileVerdict KnownFiles::verdict_of(const std::string& name, const JudgedFile& judged, Instant now)
    const {
    FileVerdict verdict;
    verdict.file = {name, judged.stamp};
    verdict.judge = judge_;
    verdict.judged_at = now;
    verdict.at = judged.at;
    verdict.status = judged.status;
    verdict.kinship = judged.kinship;
    verdict.error = judged.kinship == Kinship::other ? judged.reason : judged.error;
    verdict.revision = judged.revision;
    if (!judged.inspected) return verdict;
    verdict.content = verdict_text(*judged.inspected);
    if (verdict.content.size() <= longest_verdict_text) return verdict;
    if (verdict.error.empty()) verdict.error = too_long_to_keep;
    verdict.content = short_verdict_text(*judged.inspected, *judged.marks->tables);
    if (verdict.content.size() <= longest_verdict_text) return verdict;
    verdict.content = short_verdict_text(*judged.inspected, {});
    return verdict;
}

FileVerdictChange KnownFiles::changes(Instant now, const std::string& from) {
    const std::lock_guard lock(mutex_);
    FileVerdictChange change;
    std::set<FileKey> needed;
    if (reference_) needed.insert(reference_->file);
    std::size_t written = 0;
    for (const auto& [name, judged] : judged_) {
        if (judged.is_tried_again) continue;
        needed.insert({name, judged.stamp});
        if (judged.is_kept || name < from) continue;
        // The rest is asked for with the last name of these.
        if (written >= most_written) return change;
        change.known.push_back(verdict_of(name, judged, now));
        written += std::max(change.known.back().content.size(), judged.kept_bytes);
    }
    if (there_.empty()) return change;
    for (const FileKey& file : kept_) {
        // Until it is read again, which may take hours, it is all that is known of it.
        const bool is_former =
            former_.contains(file) && there_.contains(file.id) && !judged_.contains(file.id);
        if (!needed.contains(file) && !is_former) change.gone.push_back(file);
    }
    return change;
}

void KnownFiles::note_kept(const FileVerdictChange& change) {
    const std::lock_guard lock(mutex_);
    for (const FileKey& file : change.gone) kept_.erase(file);
    for (const FileVerdict& verdict : change.known) {
        kept_.insert(verdict.file);
        const auto judged = judged_.find(verdict.file.id);
        if (judged == judged_.end() || judged->second.stamp != verdict.file.stamp) continue;
        // Where another look has kept more of it, that may be overwritten now.
        judged->second.is_kept = judged->second.revision == verdict.revision;
        if (!judged->second.is_kept) continue;
        judged->second.kept_bytes = verdict.content.size();
        // A short one is not all that a drill needs.
        judged->second.is_too_long = short_verdict(verdict.content).has_value();
        const bool is_all = !verdict.content.empty() && !judged->second.is_too_long;
        if (is_all) judged->second.inspected.reset();
    }
    let_go_of_older();
}

void KnownFiles::let_go_of_older() {
    std::vector<std::pair<Instant, JudgedFile*>> too_long;
    for (auto& [name, judged] : judged_) {
        if (!judged.is_too_long || !judged.inspected || !judged.is_kept) continue;
        if (wanted_ != FileKey{name, judged.stamp}) too_long.emplace_back(judged.at, &judged);
    }
    if (too_long.size() <= most_too_long) return;
    std::ranges::sort(too_long, std::ranges::greater());
    for (std::size_t i = most_too_long; i < too_long.size(); ++i) {
        too_long[i].second->inspected.reset();
    }
}

std::size_t KnownFiles::unkept_bytes() const {
    const std::lock_guard lock(mutex_);
    std::size_t bytes = 0;
    for (const auto& [name, judged] : judged_) {
        if (judged.inspected && !judged.is_kept) bytes += judged.held_bytes;
    }
    return bytes;
}

std::shared_ptr<const InspectedDump> KnownFiles::content_of(
    const FileKey& file, std::string_view kept
) {
    const std::lock_guard lock(mutex_);
    const auto judged = judged_.find(file.id);
    if (judged == judged_.end() || judged->second.stamp != file.stamp) return nullptr;
    wanted_ = file;
    if (judged->second.inspected) return judged->second.inspected;
    auto content = recalled(kept);
    if (!content || !judged->second.marks) {
        former_.insert_or_assign(file, std::move(judged->second));
        judged_.erase(judged);
        return nullptr;
    }
    content->since = judged->second.marks->dated.since;
    return std::make_shared<const InspectedDump>(std::move(*content));
}

std::optional<FileVerdict> KnownFiles::acceptance(Instant now) const {
    const std::lock_guard lock(mutex_);
    const auto is_older = [](const auto& one, const auto& other) {
        return std::tuple(one.second.marks.has_value(), one.second.at) <
               std::tuple(other.second.marks.has_value(), other.second.at);
    };
    const auto newest = std::ranges::max_element(judged_, is_older);
    if (newest == judged_.end() || !newest->second.marks) return std::nullopt;
    if (newest->second.kinship != Kinship::other) return std::nullopt;
    JudgedFile meant = newest->second;
    meant.kinship = Kinship::own;
    meant.reason.clear();
    return verdict_of(newest->first, meant, now);
}

void KnownFiles::accept(const FileKey& file) {
    const std::lock_guard lock(mutex_);
    const auto accepted = judged_.find(file.id);
    if (accepted == judged_.end() || accepted->second.stamp != file.stamp) return;
    if (!accepted->second.marks) return;
    // What was refused with it is held against it.
    for (auto& [name, judged] : judged_) {
        if (judged.kinship != Kinship::other) continue;
        judged.kinship = Kinship::undecided;
        judged.reason.clear();
        touch(judged);
    }
    JudgedFile& judged = accepted->second;
    judged.kinship = Kinship::own;
    reference_ = Reference{file, kin_of(file.id, judged), judged.marks->dated};
}

}  // namespace backupwatch
