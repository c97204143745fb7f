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

/// What one project is asked, and what it answered last.
class ProjectQuestions {
  public:
    ProjectQuestions(SupabaseApi& api, std::string ref, bool wants_pitr);

    /// The backups, and how the project is. Throws Failure for the backups alone: whatever else is
    /// not answered is noted beside its last answer.
    Task<> ask();
    /// What seldom changes: what the plan promises, what was bought, when backups are taken.
    Task<> ask_details();
    /// Whether any of that had no answer for a reason that may be over by now.
    bool misses_details() const;
    /// Whether WAL waits to be archived.
    Task<> ask_waiting();
    /// How full the disk is, and whether it takes writes. Throws Failure.
    Task<DiskKnowledge> ask_disk();
    /// What it was ordered as, and how far it may grow: for the next ask_disk().
    Task<> ask_disk_limits();

    /// All projects of the organization, by their references, branches left out. Throws Failure.
    Task<std::vector<std::string>> ask_projects();

    const ProjectKnowledge& known() const { return known_; }
    /// The last replies, word for word, by their paths.
    const std::map<std::string, std::string>& replies() const { return replies_; }

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
    Task<ProjectMetrics> ask_metrics(Through through);
    Task<> ask_project();
    /// The same failure, which also says how the project is where it does not run.
    Task<Failure> explained(Failure failure);
    Task<std::string> send(Question question, Through through);
    Question of_project(const char* rest, const char* what, const char* permission) const;
    Question of_organization(
        const std::string& slug, const char* rest, const char* what, const char* permission
    ) const;

    SupabaseApi& api_;
    std::string ref_;
    ProjectKnowledge known_;
    LastAnswer<double> disk_size_;
    LastAnswer<std::optional<double>> disk_grows_to_;
    std::map<std::string, std::string> replies_;
};

}  // namespace backupwatch
