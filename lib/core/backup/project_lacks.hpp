#pragma once
#include "core/backup/project_content.hpp"
#include "core/backup/project_tables.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

// What a new project has not of what the backup's had, where no load makes it: a table of the
// platform's, a column, a sequence, an extension. What holds nothing, and is needed by nothing, is
// left out by name; all else is refused.
namespace backupwatch {

/// As the project was asked for it.
struct ProjectLacks {
    std::vector<ProjectContent::Absent> absent{};
    std::vector<std::string> sequences{};  ///< as SequenceRange has them
};
/// Pure. Fills of `content` what is absent and refused, and what is left out.
void judge_lacks(ProjectContent& content, const ProjectNeeds& needs, const ProjectLacks& lacks);

/// Of what is lacking, what something may need that only the backup itself knows.
struct NeededPerhaps {
    std::set<std::string> extensions{};
    std::vector<ProjectContent::Absent> absent{};  ///< whether the backup has rows for it or none
    std::optional<std::set<std::string>> queue_tables{};  ///< as ProjectContent has them
};
/// What of the backup needs that, with what depends on it in turn.
struct ProjectFit {
    std::vector<ListedEntry> standing{};     ///< on such a table, or column
    std::set<std::string> lacking_queues{};  ///< not there, and more than rows is set for them
    std::set<std::string> extensions{};      ///< those that are needed
    std::vector<ListedEntry> needing{};      ///< these
};
NeededPerhaps needed_perhaps(const ProjectContent& content);
/// Of a backup that does not tell.
ProjectFit all_needed(const NeededPerhaps& perhaps);
/// Pure. Of the extensions that are unavailable, those that nothing needs become left out.
void judge_fit(ProjectContent& content, ProjectFit fit);

}  // namespace backupwatch
