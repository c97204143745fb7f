#pragma once
#include "sources/supabase/api.hpp"
#include "sources/supabase/disk.hpp"
#include "sources/supabase/judging.hpp"
#include "sources/supabase/metrics_text.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What one project is asked, and what it answered last. `until`, by Clock::uptime(): whoever asks
/// needs the answers by then, and what has none is not known.
class ProjectQuestions {
  public:
    ProjectQuestions(SupabaseApi& api, std::string ref, bool wants_pitr);

    /// The backups, and how the project is. Throws Failure for the backups alone: whatever else is
    /// not answered is noted beside its last answer.
    Task<> ask(Duration until);
    /// What seldom changes: what the plan promises, what was bought, when backups are taken.
    Task<> ask_details(Duration until);
    /// Whether any of that had no answer for a reason that may be over by now.
    bool misses_details() const;
    /// Whether WAL waits to be archived.
    Task<> ask_waiting(Duration until);
    /// Nothing is behind: what was missed before is no matter now.
    void need_no_waiting() { known_.waiting_segments = {}; }
    /// How full the disk is, and whether it takes writes. Throws Failure.
    Task<DiskKnowledge> ask_disk(Duration until);
    /// What it was ordered as, and how far it may grow.
    Task<> ask_disk_limits(Duration until);
    bool misses_disk_limits() const;
    /// The same, with what is known of that.
    DiskKnowledge with_limits(DiskKnowledge known) const;

    /// All projects of the organization, by their references, branches left out. Throws Failure.
    Task<std::vector<std::string>> ask_projects();

    const ProjectKnowledge& known() const { return known_; }
    /// What the last look was answered, by the paths of its questions; what disks and metrics were
    /// is not in it.
    const std::map<std::string, ApiReply>& replies() const { return replies_; }

    /// All that is ever asked, with what it is for.
    struct Need {
        Question question;
        std::string purpose;
        bool is_must = false;  ///< without it nothing is known of the backups
        bool tells_organization = false;
    };
    /// `organization`: its slug; empty: not known.
    std::vector<Need> needs(const std::string& organization) const;

  private:
    enum class Through { project, organization, disk };
    template <class T>
    Task<> try_to_ask(
        Question question, Through through, LastAnswer<T>& answer, T (*parse)(std::string_view)
    );
    Task<ProjectMetrics> ask_metrics(Through through, Duration until);
    Task<> ask_project(std::optional<Duration> until);
    /// The same failure, which also says how the project is where it does not run.
    Task<Failure> explained(Failure failure, Duration until);
    Task<ApiReply> send(Question question, Through through);
    Question of_project(const char* rest, const char* what, const char* permission) const;
    Question of_organization(
        const std::string& slug, const char* rest, const char* what, const char* permission
    ) const;

    SupabaseApi& api_;
    std::string ref_;
    ProjectKnowledge known_;
    std::optional<Instant> waiting_behind_;  ///< the `latest` with which that was asked
    LastAnswer<double> disk_size_;
    LastAnswer<std::optional<double>> disk_grows_to_;
    std::map<std::string, ApiReply> replies_;
};

}  // namespace backupwatch
