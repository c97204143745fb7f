#pragma once
#include "core/backup/backup.hpp"
#include "core/failure.hpp"
#include "sources/supabase/history.hpp"
#include "sources/supabase/replies.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What was asked beside the backups: the last answer, and why the last question had none.
template <class T>
struct LastAnswer {
    std::optional<T> value;
    std::optional<Failure> failure;
    int failures = 0;  ///< in a row

    void take(T answer) {
        value = std::move(answer);
        failure.reset();
        failures = 0;
    }
    void miss(const Failure& why) {
        failure = why;
        ++failures;
    }
    /// The last answer does not stand any more: what was missed once may hit a short outage, three
    /// times in a row don't.
    bool is_lost() const {
        constexpr int most_misses = 3;
        if (!failure) return false;
        return failure->kind() != Failure::Kind::unreachable || failures >= most_misses;
    }
};

/// All that is known of a project's backups now.
struct ProjectKnowledge {
    std::string ref;         ///< whom the configuration names
    bool wants_pitr = true;  ///< somebody asks for point-in-time recovery
    BackupsReply backups;
    LastAnswer<ProjectReply> project;
    LastAnswer<bool> readonly;
    LastAnswer<std::string> plan;
    LastAnswer<std::optional<int>> retention;
    LastAnswer<std::optional<int>> pitr_bought;
    LastAnswer<ScheduleReply> schedule;
    /// Of WAL, to be archived, with `latest` as it is now. Asked only where it matters.
    LastAnswer<std::uint64_t> waiting_segments;
};

/// For how long one may be pending, and a project be restored or resized, before that is a failure.
inline constexpr Duration longest_pending = std::chrono::hours(6);
inline constexpr Duration longest_passing = std::chrono::hours(4);

/// Whether WAL waits to be archived; none: nobody can tell.
std::optional<bool> is_waiting(const ProjectKnowledge& known);

/// Whether it lists backups, or can be restored to any moment.
bool has_backups(const BackupsReply& reply);
/// Whether somebody may say that it is meant to have none: it had some, or is older than
/// `first_due`, and nobody promises any now.
bool may_be_without(
    const ProjectKnowledge& known, const ProjectHistory& history, Duration first_due, Instant now
);

/// What can be held against the history. What is not known now is as it was.
ProjectFacts facts_of(const ProjectKnowledge& known, const ProjectHistory& history);

/// The inventory, oldest first, and what the provider says beside it. Pure. `history`: as this look
/// leaves it.
Inventory judge_project(
    const ProjectKnowledge& known, const ProjectHistory& history, Duration reach_back, Instant now
);

}  // namespace backupwatch
