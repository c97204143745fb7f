#include "core/backup/target_refusals.hpp"
#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t most_absent_named = 10;

/// `3 tables (public.a, public.b and public.c)`, `more than 1000 rows in auth.users`.
std::string part_in_words(const ProjectContent::Part& part) {
    constexpr std::string_view of = " in ";
    const auto at = part.kind.find(of);
    std::string text = counted(part.count, part.kind.substr(0, at));
    if (text.ends_with("ys")) text.replace(text.size() - 2, 2, "ies");
    if (at != std::string::npos) text += part.kind.substr(at);
    if (part.is_more) text = "more than " + text;
    std::vector<std::string> names = part.names;
    names.resize(std::max(part.count, names.size()));
    if (!part.names.empty()) text += " (" + listed(names, part.names.size()) + ")";
    return clean_line(text);
}

std::string content_in_words(const ProjectContent& project) {
    std::vector<std::string> parts;
    for (const ProjectContent::Part& part : project.found) parts.push_back(part_in_words(part));
    return listed(parts, parts.size());
}

/// What of the project itself keeps everybody out of it; nothing: it is new.
std::optional<TargetDecision> refuse_content(const TargetFacts& facts) {
    const ProjectContent& project = *facts.database->project;
    if (!project.found.empty()) {
        return refusal(
            facts.place + " is a project of Supabase's in use: it holds " +
                content_in_words(project),
            "make a new project for it: a restore empties none."
        );
    }
    if (!project.absent.empty()) {
        return refusal(
            facts.place + " lacks what the backup has rows for: " +
                clean_line(listed(project.absent, most_absent_named)),
            "make that there first: enable its extension, make a queue by pgmq.create. Where the "
            "platform itself has changed, restore by hand: README.txt beside the dump has the "
            "commands."
        );
    }
    if (!project.unavailable.empty()) {
        return refusal(
            facts.place + " cannot have an extension that the backup makes: " +
                clean_line(listed(project.unavailable, most_absent_named)),
            "make a project of the old one's version of PostgreSQL. Where nothing needs the "
            "extension, restore by hand, without its line in structure.list: README.txt beside "
            "the dump has the commands."
        );
    }
    if (project.lacking_rights.empty()) return std::nullopt;
    return refusal(
        "whether " + facts.place +
            " is a new project, or may be loaded, cannot be told: " + clean_line(facts.role) +
            " lacks " + clean_line(listed(project.lacking_rights, project.lacking_rights.size())),
        "name the project's role postgres in the url of the target. Where that is the one that "
        "lacks it, load what you can by hand: README.txt beside the dump has the commands."
    );
}

}  // namespace

TargetDecision decide_project(const TargetFacts& facts) {
    const TargetFacts::Database& database = *facts.database;
    const std::optional<RestoreMark> mark = parse_restore_mark(database.comment);
    const bool is_ours = mark && mark->is_of_project;
    const bool was_loaded = is_ours && mark->state != RestoreMark::State::begun;
    if (was_loaded && !database.project->found.empty()) return refuse_ended(facts, *mark);
    if (facts.is_backup_of_project == false) {
        return refusal(
            facts.place +
                " is a project of Supabase's, and the backup is of a database that is none",
            "name a database of another server in `restore_targets`."
        );
    }
    if (auto refused = refuse_content(facts)) return *refused;
    if (database.sessions > 0) {
        return refusal(
            "somebody is at work in " + facts.place + ": " +
                counted(static_cast<std::size_t>(database.sessions), "session"),
            "end what uses it, or restore into another project."
        );
    }
    if (auto refused = refuse_restore_at_work(facts)) return *refused;
    if (database.is_anothers) return refuse_anothers(facts);
    if (database.encoding != facts.encoding && !facts.encoding.empty()) {
        return refusal(
            facts.place + " is a new project, but its encoding is " + database.encoding +
                ", and the backup's is " + facts.encoding,
            "restore it into a database of another server."
        );
    }
    std::string sentence = facts.place + " is a new project of Supabase's";
    if (is_ours && !was_loaded) {
        sentence += ": the restore of " + mark->backup + " that was begun at " +
                    in_words(mark->at) + " was interrupted, and has left nothing in it";
    }
    return {TargetDecision::Step::fill_project, std::move(sentence), {}};
}

}  // namespace backupwatch
