#include "core/backup/project_lacks.hpp"

#include "core/backup/identifier.hpp"
#include "core/text.hpp"
#include "core/words.hpp"

#include <map>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t most_lacking_named = 5;

constexpr const char* whose = ": the platform's, or its user's, who makes it there";

void leave_out(ProjectContent& content, const std::string& what, std::string why) {
    content.notes.push_back({clean_line(what), clean_line(why), true});
}

}  // namespace

void judge_lacks(ProjectContent& content, const ProjectNeeds& needs, const ProjectLacks& lacks) {
    std::set<std::string> empty;
    for (const LoadedTable& table : needs.empty) empty.insert(table.name);
    std::map<std::string, std::vector<std::string>> columns;
    for (const ProjectContent::Absent& part : lacks.absent) {
        if (!empty.contains(part.table)) {
            content.absent.push_back(part);
            continue;
        }
        content.left_out.tables.insert(part.table);
        if (!part.column.empty()) {
            columns[part.table].push_back(part.column);
            content.gone_columns.push_back(part);
            continue;
        }
        content.gone.insert(part.table);
        const std::string why = "empty in the backup, and the project had none";
        leave_out(content, part.table, why + whose);
    }
    for (const auto& [table, names] : columns) {
        leave_out(
            content,
            table,
            "empty in the backup, and the project's had no " +
                std::string(names.size() == 1 ? "column " : "columns ") +
                listed(names, most_lacking_named) + whose
        );
    }
    for (const std::string& sequence : lacks.sequences) {
        content.left_out.sequences.insert(identifier_parts(sequence));
        const std::string why = "not set, the project had none";
        leave_out(content, "sequence " + sequence, why + whose);
    }
}

NeededPerhaps needed_perhaps(const ProjectContent& content) {
    NeededPerhaps perhaps;
    perhaps.extensions.insert(content.unavailable.begin(), content.unavailable.end());
    perhaps.extensions.insert(content.to_enable.begin(), content.to_enable.end());
    perhaps.absent = content.absent;
    for (const std::string& table : content.gone) perhaps.absent.push_back({table});
    const auto& columns = content.gone_columns;
    perhaps.absent.insert(perhaps.absent.end(), columns.begin(), columns.end());
    perhaps.queue_tables = content.queue_tables;
    return perhaps;
}

ProjectFit all_needed(const NeededPerhaps& perhaps) {
    ProjectFit fit;
    fit.extensions = perhaps.extensions;
    for (const ProjectContent::Absent& one : perhaps.absent) {
        const auto parts = identifier_parts(one.table);
        fit.standing.push_back({"TABLE", parts.front(), parts.back()});
    }
    return fit;
}

void judge_fit(ProjectContent& content, ProjectFit fit) {
    content.standing = std::move(fit.standing);
    content.needing = std::move(fit.needing);
    content.lacking_queues = std::move(fit.lacking_queues);
    std::erase_if(content.unavailable, [&](const std::string& extension) {
        if (fit.extensions.contains(extension)) return false;
        content.left_out.extensions.insert(extension);
        leave_out(
            content, "extension " + extension, "the project cannot have it, nothing depends on it"
        );
        return true;
    });
}

}  // namespace backupwatch
