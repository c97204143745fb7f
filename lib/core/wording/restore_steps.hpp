#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/left_out.hpp"
#include "core/backup/project_queues.hpp"
#include "core/backup/restore_target.hpp"
#include "core/check/checks.hpp"
#include "core/wording/runbook_settings.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// `everything that was written after 2026-11-22T03:00Z (9 h 12 min) is not in it`.
std::string data_loss(const Backup& backup, Instant now);

/// What is known of whether it restores.
std::string proof_of(const std::optional<DrillOutcome>& drill);

/// What will be done with the target's database, or why nothing will.
std::string intention(const TargetDecision& decision, const std::string& place);

/// The decision for a backup that is restored into nothing but throw-away servers.
TargetDecision unfit_for_restore(const std::string& id, const std::string& why);

/// What a restore that failed leaves in its place.
enum class LeftInPlace {
    as_it_was,       ///< no database was made
    unmarked,        ///< one may have been made: it is empty then
    unfinished,      ///< and marked as such
    whole,           ///< and verified, but still marked as unfinished
    another,         ///< whatever somebody has put there meanwhile
    project,         ///< a project that is new or loaded, nobody knows which
    new_project,     ///< a new project, marked as begun
    used_project,    ///< one that holds something, and is marked as begun
    loaded_project,  ///< one that is loaded as a whole, and marked as loaded
};
/// What state it has left things in, after the hint of its failure.
std::string left_by_failure(const std::string& hint, const std::string& place, LeftInPlace left);

/// The same of one that was ended before anybody saw what it leaves.
std::string left_by_interruption(TargetDecision::Step step);

/// How the new database takes the place of the old one, by hand, step by step, and how to go back.
/// Of the same server it is a rename.
struct SwapFacts {
    std::string old_name;  ///< PostgreSQL's name of it
    std::string new_name;
    std::string place;
    bool is_same_server = false;
    std::string backup{};  ///< its ID
    RunbookSettings::Maintenance maintenance{};
    std::vector<LeftForLater> for_later{};
    std::vector<std::string> made_roles{};  ///< perhaps earlier: they cannot log in yet
    bool is_marked = true;                  ///< as a restore that has ended
    bool is_project = false;                ///< of Supabase's: nothing is renamed
    std::vector<NotHeld> not_held{};        ///< of a project, to be put back by other means
    std::set<std::string> queues{};         ///< of a project, that were empty: nothing makes them
    std::set<std::string> partitioned_queues{};  ///< likewise
    QueueKinds queue_kinds{};
    std::vector<std::string> webhooks{};      ///< of a project: triggers
    std::set<std::string> undumped_queues{};  ///< of a project: Manifest::undumped_queues
};
std::vector<std::string> swap_steps(const SwapFacts& facts);

/// How the provider itself restores in place, which backupwatch never does. `page` is where it
/// shows its backups; empty: nobody knows. `taken`: the set of the same database that
/// `backupwatch backup` takes, `shop/nightly`; empty: there is none.
std::vector<std::string> provider_steps(
    const std::string& backup, const std::string& page, const std::string& taken
);

}  // namespace backupwatch
