#pragma once
#include "core/check/finding.hpp"
#include "core/time/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What an incident is about, for as long as it is open.
struct IncidentKey {
    std::string database;
    std::string set;  ///< empty for disk, and for what is ours
    std::string check;

    friend auto operator<=>(const IncidentKey&, const IncidentKey&) = default;
};
/// `backupwatch:<database>:<set>:<check>`: PagerDuty's dedup_key, the root of a mail thread.
std::string stable_name(const IncidentKey& key);
/// `postry-ai/nightly`, or `postry-ai` for its disk.
std::string target_of(const IncidentKey& key);

enum class NoticeKind {
    problem,       ///< first told by this step
    worse,         ///< told before, less severe then
    again,         ///< one more period failed: told to pagers alone, which fold it
    reminder,      ///< still failing, and nobody acknowledged it
    acknowledged,  ///< told to pagers alone
    recovery,      ///< the check passes again
    unwatched,     ///< it was taken out of the configuration while it failed
    passed_by,     ///< failed and recovered before anybody could be told: both in one
    digest,        ///< what was proven last night
    noted,         ///< something that somebody did, or asked to have told
    test           ///< `notify-test`
};
std::string_view to_string(NoticeKind kind);
std::optional<NoticeKind> parse_notice_kind(std::string_view text);

/// A backup or a drill, as a notice mentions it.
struct ProofMention {
    std::string id;                           ///< of the backup
    Instant at;                               ///< it was finished
    std::optional<std::uint64_t> size_bytes;  ///< of a backup
    std::optional<double> seconds;            ///< of a drill
};

/// A step not yet reached: who is called then.
struct NextStep {
    std::vector<std::string> notifiers;
    std::optional<Instant> at;     ///< when, where time alone decides
    int consecutive_failures = 0;  ///< otherwise: at this many in a row
};

/// All that is to be told about an incident, as it was when it was told: complete in itself, so
/// that it can be rendered by a later process.
struct Notice {
    NoticeKind kind = NoticeKind::problem;
    std::int64_t incident = 0;  ///< its number, for `acknowledge`; 0: of none
    IncidentKey key;
    Severity severity = Severity::ok;  ///< now; of a recovery, the worst that it had
    std::string summary;               ///< the finding's sentence; of a recovery, the passing one
    std::string value;                 ///< what was measured, or empty
    std::string threshold;
    Instant since;
    std::optional<Instant> ended_at;  ///< of a recovery
    int failures = 0;                 ///< in a row
    int times_unseen = 0;  ///< of an end: so often it came and went, and this lane was told nothing
    std::vector<std::string> consequences;  ///< sentences of findings that follow from it
    std::vector<std::string> members;       ///< databases that one cause makes fail; else empty
    std::optional<ProofMention> last_backup;
    std::optional<ProofMention> last_drill;  ///< that passed
    std::optional<NextStep> next;
    std::optional<Instant> acknowledged_until;
    Instant made_at;
    std::string provider_page{};  ///< where the provider shows the backups of this set, or empty
};

}  // namespace backupwatch
