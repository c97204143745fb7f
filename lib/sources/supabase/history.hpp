#pragma once
#include "core/check/finding.hpp"
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What can be held against what it was. What a look could not learn is as it was before.
struct ProjectFacts {
    std::string ref;
    std::string region;              ///< empty: not told
    std::string plan;                ///< empty: not told
    std::optional<int> retention;    ///< days of daily backups; 0: it has none any more
    std::optional<int> pitr_bought;  ///< days
    std::optional<bool> has_pitr;    ///< none: nobody asks for it
    int postgres_major = 0;          ///< 0: not told

    friend bool operator==(const ProjectFacts&, const ProjectFacts&) = default;
};

/// Our own history of a project: the API has none.
struct ProjectHistory {
    /// As it was at first, as it was at its best, or as somebody accepted it.
    std::optional<ProjectFacts> standing;
    std::optional<ProjectFacts> last;  ///< as the last look knew it
    bool had_backups = false;          ///< any was ever listed
    bool is_without = false;  ///< somebody accepted that it has none, and it had none since
    std::string status;       ///< of the last look
    std::optional<Instant> status_since;  ///< first look that saw that one
    std::optional<Instant> pitr_began;    ///< first `earliest` since it was switched on
    /// The looks that saw WAL wait to be archived, and which `latest` has not passed since: what
    /// waited then still does. Oldest first, a few of them.
    std::vector<Instant> waiting;
    std::optional<Instant> last_evidence;  ///< when replies were last kept
    std::optional<Instant> last_refusal;   ///< the same of a look that was refused its backups

    friend bool operator==(const ProjectHistory&, const ProjectHistory&) = default;
};

/// What is worse than it was, or another's: each a sentence. Told until it is as it was, or until
/// somebody accepts it.
std::vector<Remark> changes_for_the_worse(const ProjectFacts& standing, const ProjectFacts& now);

/// Takes in what a look has learnt. What has got better stands from now on; what has got worse does
/// not, or nobody would hear of it twice.
/// Of another project nothing is known but what stood.
void remember(ProjectHistory& history, const ProjectFacts& facts);
void remember_status(ProjectHistory& history, const std::string& status, Instant now);
/// `earliest`: none: not told, or it is off.
void remember_pitr(ProjectHistory& history, bool is_on, std::optional<Instant> earliest);
/// `latest`: none: not told, or it is off. `is_waiting`: none: nobody can tell.
void remember_waiting(
    ProjectHistory& history,
    std::optional<Instant> latest,
    std::optional<bool> is_waiting,
    Instant now
);

/// As it is kept. What cannot be read is none, as is what is not there.
std::string history_text(const ProjectHistory& history);
ProjectHistory read_history(std::string_view text);

}  // namespace backupwatch
