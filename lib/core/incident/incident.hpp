#pragma once
#include "core/check/finding.hpp"
#include "core/incident/escalation.hpp"
#include "core/incident/notice.hpp"
#include "core/incident/outbox.hpp"
#include "core/time/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// A step by which a lane was told, and how bad it was then.
struct ToldStep {
    std::string step;  ///< identity_of() it
    Severity severity = Severity::ok;

    friend bool operator==(const ToldStep&, const ToldStep&) = default;
};

/// What came of what a lane was to be told last.
enum class Arrival {
    queued,   ///< it lies in the outbox, which loses nothing
    told,     ///< the remote end accepted it
    unclear,  ///< it may have: it never answered, and is not asked for ever
    refused   ///< it did not, not even in bare words
};
std::string_view to_string(Arrival arrival);
std::optional<Arrival> parse_arrival(std::string_view text);

/// What one lane was told of one incident, or will be: an entry of the ledger.
struct LedgerEntry {
    Lane lane;  ///< as it was then: the end is told with the same endpoint and route
    std::vector<ToldStep> steps;
    Instant first_at;
    Instant last_at;                     ///< of a problem, or of a reminder
    int failures = 0;                    ///< in a row, as told last
    std::vector<std::string> members{};  ///< as told last: whom one cause made fail, in order
    Arrival arrival = Arrival::queued;
    std::optional<Instant> reached_at{};  ///< something was accepted, or may have been; the last

    friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

/// A check that fails, from the first failing finding until it passes.
struct Incident {
    std::int64_t id = 0;  ///< 0: not recorded yet
    IncidentKey key;
    Instant opened_at;
    Finding finding;                     ///< as it stands
    Severity worst = Severity::warning;  ///< that it ever had
    std::optional<Instant> acknowledged_until;
    std::optional<Instant> ended_at;
    std::vector<LedgerEntry> told;
    /// The number that it had while the store refused; 0: none.
    std::int64_t made_up_id = 0;

    friend bool operator==(const Incident&, const Incident&) = default;
};

/// What a lane answered to a notice in the end.
struct Answer {
    Lane lane;     ///< as the ledger knew it when the notice was made
    Lane sent_to;  ///< as it was sent to, with the route used
    std::int64_t incident = 0;
    Instant made_at;                  ///< the notice
    Arrival arrival = Arrival::told;  ///< `queued`: it was given another lane while it waits
    Instant at;
};
/// From then on the ledger knows; nothing where it has no such lane.
void note(Incident& incident, const Answer& answer);
/// Adds one to those that wait to be noted, in the place of one that differs in its times alone.
void add(std::vector<Answer>& waiting, Answer answer);

/// Keeps what is told of something quiet; what still matters when it is over is told then.
struct Silence {
    std::int64_t id = 0;
    std::string database;
    std::string set;    ///< empty: all of them
    std::string check;  ///< empty: all of them
    Instant made_at;
    Instant until;
    std::string reason{};
};
bool covers(const Silence& silence, const IncidentKey& key, Instant now);

/// What proves that data could be restored, of one set.
struct Proofs {
    std::optional<ProofMention> last_backup;
    std::optional<ProofMention> last_drill;
    std::string provider_page{};  ///< where the provider shows its backups, or empty
};

/// What is judged: one set of one database, its disk (an empty `set`), or ourselves.
struct Situation {
    std::string database;
    std::string set;
    /// All that stand of the database, those of its other sets included: one may follow from
    /// another.
    std::vector<Finding> findings;
    /// Every check that this set can have; an incident of another one is watched no more.
    std::vector<std::string> checks;
    Proofs proofs;
    /// Findings of ours that stand for the causes which `findings` name (shared_cause.hpp).
    std::vector<Finding> shared_causes{};
    /// Of such a cause itself: the databases that it makes fail.
    std::vector<std::string> members{};
    /// What is dated before this has no age that can be told: the clock is in doubt. None: all has.
    std::optional<Instant> clock_doubted_before{};
};

/// For one lane, to be put into the outbox.
struct Addressed {
    Lane lane;
    Notice notice;
};

/// A notice that the store refused to record, or to change, until now.
struct KeptNotice {
    Pending pending;
    bool is_new = true;  ///< it is not in the outbox at all
    int version = 0;     ///< of what is kept of it
};

struct Judgement {
    std::vector<Incident> changed;   ///< new, changed and ended ones
    std::vector<Addressed> notices;  ///< `notice.incident` 0: of the new incident with its key
    /// Judge again then, if nothing is found before: a reminder or a step is due, a silence ends.
    std::optional<Instant> wake;
    std::vector<KeptNotice> kept{};  ///< from before, to be recorded with it
    std::size_t late_answers = 0;    ///< that the ledgers of `changed` know by now
};

/// Findings in, incidents and notices out. Pure and level-triggered: what is due is what the ledger
/// has not been told, so that judging again tells nothing twice, and what a silence or a missing
/// notifier kept back is told as soon as it can be. `open`: every open incident of that database.
Judgement judge(
    const std::vector<Incident>& open,
    const Situation& situation,
    const AlertPolicy& policy,
    const std::vector<Silence>& silences,
    Instant now
);

/// Of a set or database that left the configuration: told once, and over.
Judgement end_unwatched(const std::vector<Incident>& open, const AlertPolicy& policy, Instant now);

inline constexpr Duration acknowledgement_lasts = std::chrono::hours(24);
/// Whether it is now. One that lasts longer was given by a clock that was ahead.
bool is_acknowledged(const Incident& incident, Instant now);
/// Reminders pause; what is not reached yet comes all the same.
Judgement acknowledge(
    Incident incident, const AlertPolicy& policy, Instant now, const Proofs& proofs = {}
);

/// The finding of the same database that this one only follows from, or null: it is shown under
/// that one, and told with it.
const Finding* leader_of(const Finding& finding, const std::vector<Finding>& of_database);

/// What a finding is told with.
struct Leader {
    IncidentKey key;
    Severity severity = Severity::ok;
};
/// The cause that it shares with other databases, or what it follows from in its own.
std::optional<Leader> led_by(
    const Finding& finding,
    const Situation& situation,
    const std::vector<Silence>& silences,
    Instant now
);

/// Why a lane is or is not told of an incident: for `incidents`. `leader`: what it is told with.
struct Standing {
    Lane lane;
    std::optional<Severity> told;       ///< the worst that it was told, or is to be told
    std::optional<Arrival> arrival;     ///< of the last of that
    std::optional<Instant> queued_at;   ///< that
    std::optional<Instant> reached_at;  ///< the last that was accepted, or may have been
    std::string held_back;              ///< why nothing more is told now, in words
    std::optional<Instant> next_at;
    std::string next;  ///< what comes next, in words
};
std::vector<Standing> standings(
    const Incident& incident,
    const AlertPolicy& policy,
    const std::vector<Silence>& silences,
    Instant now,
    const std::optional<Leader>& leader = std::nullopt,
    std::optional<Instant> clock_doubted_before = {}
);

}  // namespace backupwatch
