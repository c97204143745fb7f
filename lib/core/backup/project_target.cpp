#include "core/backup/identifier.hpp"
#include "core/backup/project_lists.hpp"
#include "core/backup/project_queues.hpp"
#include "core/backup/target_refusals.hpp"
#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t most_parts_named = 10;
constexpr std::string_view right_to_insert = "INSERT on ";

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

/// ` (left out: storage.prefixes and extension plv8)`; empty: nothing is.
std::string left_out_in_words(const ProjectContent& project) {
    std::vector<std::string> names;
    for (const SkippedPart& part : project.notes) names.push_back(part.what);
    if (names.empty()) return {};
    return " (left out: " + clean_line(listed(names, most_parts_named)) + ")";
}

std::string content_in_words(const ProjectContent& project) {
    std::vector<std::string> parts;
    for (const ProjectContent::Part& part : project.found) parts.push_back(part_in_words(part));
    return listed(parts, parts.size());
}

std::vector<std::string> absent_in_words(const std::vector<ProjectContent::Absent>& absent) {
    std::vector<std::string> words;
    for (const ProjectContent::Absent& one : absent) {
        words.push_back(
            one.column.empty() ? "table " + one.table : "column " + one.column + " of " + one.table
        );
    }
    return words;
}

/// `rights on table pgmq.q_mails`
std::string rights_in_words(const ListedEntry& entry) {
    const auto space = entry.name.find(' ');
    const std::string kind = "rights on " + entry.name.substr(0, space);
    return in_a_sentence({kind, entry.schema, entry.name.substr(space + 1)});
}

/// What is said about something goes with it, unsaid; rights stand alone where that is no user's.
std::vector<std::string> entries_in_words(const std::vector<ListedEntry>& entries) {
    std::vector<std::string> words;
    std::vector<std::string> rights;
    for (const ListedEntry& entry : entries) {
        if (entry.kind == "ACL") rights.push_back(rights_in_words(entry));
        const bool is_remark = entry.kind == "ACL" || entry.kind == "COMMENT";
        if (!is_remark) words.push_back(in_a_sentence(entry));
    }
    return words.empty() ? rights : words;
}

ListedEntry rows_of(const std::string& table) {
    const auto parts = identifier_parts(table);
    return {"TABLE DATA", parts.front(), parts.back()};
}

/// What of the lists the project does not take, whichever of it is told. By hand nothing is left
/// out by itself.
std::vector<ListedEntry> not_taken(const ProjectContent& project) {
    std::vector<ListedEntry> entries;
    const auto add = [&entries](ListedEntry entry) {
        if (std::ranges::find(entries, entry) == entries.end()) entries.push_back(std::move(entry));
    };
    std::set<std::string> tables;
    for (const ProjectContent::Absent& one : project.absent) tables.insert(one.table);
    for (const std::string& right : project.lacking_rights) {
        if (right.starts_with(right_to_insert)) tables.insert(right.substr(right_to_insert.size()));
    }
    for (const std::string& table : tables) add(rows_of(table));
    for (const ListedEntry& entry : project.standing) add(entry);
    for (const ListedEntry& entry : project.needing) add(entry);
    for (const std::string& extension : project.unavailable) add({"EXTENSION", {}, extension});
    for (const std::string& extension : project.to_enable) add({"EXTENSION", {}, extension});
    for (const auto& sequence : project.left_out.sequences) {
        add({"SEQUENCE SET", sequence.front(), sequence.back()});
    }
    for (const std::string& extension : project.left_out.extensions) {
        add({"EXTENSION", {}, extension});
    }
    return entries;
}

/// What is left to a person where the project stays as it is.
std::string rest_by_hand(const TargetFacts& facts) {
    if (!facts.has_project_lists) {
        return "take what you need out of the backup by `backupwatch open`: the lists beside this "
               "dump, by which the rest could be loaded by hand, are an earlier version's.";
    }
    return "load the rest by hand: README.txt beside the dump has the commands. Before them, in "
           "the same copy of its folder: `" +
           take_out(not_taken(*facts.database->project)) + "`.";
}

std::string make_queues(const TargetFacts& facts, const std::set<std::string>& tables) {
    const QueueKinds& kinds = facts.needs.queues;
    const auto queues = queues_of(tables, kinds);
    const auto partitioned = partitioned_queues_of(tables, kinds);
    std::string hint;
    if (!queues.empty()) hint = "enable the extension pgmq there, and run in psql:";
    for (const std::string& queue : queues) hint += " " + clean_line(create_queue(queue, kinds));
    if (!partitioned.empty()) {
        hint += hint.empty() ? "make " : " Make ";
        hint += "by pgmq.create_partitioned, with the interval that it had: " +
                clean_line(listed({partitioned.begin(), partitioned.end()}, most_parts_named)) +
                ".";
    }
    return hint;
}

/// `is_more`: not only queues lack.
std::string make_what_lacks(
    const TargetFacts& facts, const std::set<std::string>& queue_tables, bool is_more
) {
    std::string hint = make_queues(facts, queue_tables);
    if (hint.empty()) {
        hint = "enable the extension that makes it.";
    } else if (is_more) {
        hint += " Enable the extension that makes the rest.";
    }
    return hint + " Then restore again.";
}

/// A queue is made by whoever restores, and nothing else of the platform's is.
std::string hint_for_absent(const TargetFacts& facts) {
    const ProjectContent& project = *facts.database->project;
    const auto& parts = facts.needs.queues.parts;
    std::set<std::string> queues;
    bool is_more = false;
    for (const ProjectContent::Absent& one : project.absent) {
        const bool is_queue = one.column.empty() && !queue_of(one.table).empty();
        if (is_queue) queues.insert(one.table);
        // Its parts nobody makes by name.
        if (!is_queue || parts.contains(one.table)) is_more = true;
    }
    queues.insert(project.lacking_queues.begin(), project.lacking_queues.end());
    const std::string hint = make_what_lacks(facts, queues, is_more);
    if (!is_more) return hint;
    return hint + " Where the platform itself has changed, " + rest_by_hand(facts);
}

std::string hint_for_standing(const TargetFacts& facts) {
    const ProjectContent& project = *facts.database->project;
    std::set<std::string> queues = project.gone;
    queues.insert(project.lacking_queues.begin(), project.lacking_queues.end());
    // What lacks, and not what stands on it: a view of the user's may stand on a queue.
    const bool is_more = !project.gone_columns.empty() ||
                         std::ranges::any_of(project.gone, [](const std::string& table) {
                             return queue_of(table).empty();
                         });
    return make_what_lacks(facts, queues, is_more) +
           " Where you can do without what stands on it, " + rest_by_hand(facts);
}

std::string hint_for_unavailable(const TargetFacts& facts) {
    return "make a project of the old one's version of PostgreSQL. Where you can do without what "
           "needs the extension, " +
           rest_by_hand(facts);
}

std::string hint_for_enabling(const TargetFacts& facts) {
    return "enable it there (Database, Extensions in the dashboard), and restore again. Where you "
           "can do without it, " +
           rest_by_hand(facts);
}

std::string hint_for_lacking_rights(const TargetFacts& facts) {
    std::string hint = "name the project's role postgres in the url of the target.";
    const bool is_of_rows =
        std::ranges::any_of(facts.database->project->lacking_rights, [](const std::string& right) {
            return right.starts_with(right_to_insert);
        });
    if (!is_of_rows) return hint;
    return hint + " Where that is the one that lacks it, " + rest_by_hand(facts);
}

TargetDecision refuse_for(
    const std::string& sentence, const std::vector<std::string>& names, std::string hint
) {
    return refusal(sentence + clean_line(listed(names, most_parts_named)), std::move(hint));
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
        const std::string standing = listed(entries_in_words(project.standing), most_parts_named);
        return refusal(
            facts.place + " lacks what the backup has rows for: " +
                clean_line(listed(absent_in_words(project.absent), most_parts_named)) +
                (standing.empty() ? standing : "; what it lacks is needed by " + standing),
            hint_for_absent(facts)
        );
    }
    if (!project.standing.empty()) {
        return refuse_for(
            facts.place + " lacks what is empty in the backup, and needed there: ",
            entries_in_words(project.standing),
            hint_for_standing(facts)
        );
    }
    if (!project.unavailable.empty()) {
        std::string needing = listed(entries_in_words(project.needing), most_parts_named);
        // Which of it needs the one that is only to be enabled nobody has kept apart.
        if (!project.to_enable.empty()) needing.clear();
        return refusal(
            facts.place + " cannot have an extension that the backup needs: " +
                clean_line(listed(project.unavailable, most_parts_named)) +
                (needing.empty() ? needing : ", needed by " + needing),
            hint_for_unavailable(facts)
        );
    }
    if (!project.to_enable.empty()) {
        return refuse_for(
            facts.place +
                " has not enabled an extension of the backup's, whose schema no load makes: ",
            project.to_enable,
            hint_for_enabling(facts)
        );
    }
    if (project.lacking_rights.empty()) return std::nullopt;
    return refuse_for(
        "whether " + facts.place + " is a new project, or may be loaded, cannot be told: " +
            clean_line(facts.role) + " lacks ",
        project.lacking_rights,
        hint_for_lacking_rights(facts)
    );
}

/// Who else has it, or is at work in it.
std::optional<TargetDecision> refuse_for_others(const TargetFacts& facts) {
    const TargetFacts::Database& database = *facts.database;
    if (database.sessions > 0) {
        return refusal(
            "somebody is at work in " + facts.place + ": " +
                counted(static_cast<std::size_t>(database.sessions), "session"),
            "end what uses it, or restore into another project."
        );
    }
    if (auto refused = refuse_restore_at_work(facts)) return refused;
    if (database.is_anothers) return refuse_anothers(facts);
    return std::nullopt;
}

/// What is there can be compared with the backup that it came from, whoever has used it since.
TargetDecision decide_loaded(const TargetFacts& facts, const RestoreMark& mark) {
    const bool is_the_same =
        mark.state == RestoreMark::State::loaded && mark.backup == clean_line(facts.backup);
    if (!is_the_same) return refuse_ended(facts, mark);
    if (auto refused = refuse_for_others(facts)) return *refused;
    return {
        TargetDecision::Step::verify_project,
        facts.place + " holds " + mark.backup + ", already loaded at " + in_words(mark.at) +
            " and never verified to its end",
        {}};
}

}  // namespace

TargetDecision decide_project(const TargetFacts& facts) {
    const TargetFacts::Database& database = *facts.database;
    const std::optional<RestoreMark> mark = parse_restore_mark(database.comment);
    const bool is_ours = mark && mark->is_of_project;
    const bool was_loaded = is_ours && mark->state != RestoreMark::State::begun;
    if (was_loaded && !database.project->found.empty()) return decide_loaded(facts, *mark);
    if (facts.is_backup_of_project == false) {
        return refusal(
            facts.place +
                " is a project of Supabase's, and the backup is of a database that is none",
            "name a database of another server in `restore_targets`."
        );
    }
    if (auto refused = refuse_content(facts)) return *refused;
    if (auto refused = refuse_for_others(facts)) return *refused;
    if (database.encoding != facts.encoding && !facts.encoding.empty()) {
        return refusal(
            facts.place + " is a new project, but its encoding is " + database.encoding +
                ", and the backup's is " + facts.encoding,
            "restore it into a database of another server."
        );
    }
    std::string sentence =
        facts.place + " is a new project of Supabase's" + left_out_in_words(*database.project);
    if (is_ours && !was_loaded) {
        sentence += ": the restore of " + mark->backup + " that was begun at " +
                    in_words(mark->at) + " was interrupted, and has left nothing in it";
    }
    return {TargetDecision::Step::fill_project, std::move(sentence), {}};
}

}  // namespace backupwatch
