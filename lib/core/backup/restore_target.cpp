#include "core/backup/restore_target.hpp"

#include "core/backup/target_refusals.hpp"
#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::string_view of_database = "backupwatch restore ";
constexpr std::string_view of_project = "backupwatch restore into a project ";
constexpr std::pair<RestoreMark::State, std::string_view> words_of_states[] = {
    {RestoreMark::State::begun, "begun "},
    {RestoreMark::State::loaded, "loaded "},
    {RestoreMark::State::ended, "ended "}};
constexpr int of_a_major = 10000;

using Step = TargetDecision::Step;

/// The one that is watched under that address; null: none.
const DatabaseIdentity* watched_there(const TargetFacts& facts) {
    for (const DatabaseIdentity& one : facts.watched) {
        // Whatever its server calls itself, which may be made of one image for all of them.
        if (one.is_other_project) continue;
        const bool is_same_server =
            !facts.system_identifier.empty() && one.system_identifier == facts.system_identifier;
        if (one.is_same_address || (is_same_server && one.name == facts.name)) return &one;
    }
    return nullptr;
}

std::string end_sessions(const std::string& database) {
    std::string text;
    for (const char letter : clean_line(database)) {
        text += letter == '\'' ? "''" : std::string(1, letter);
    }
    return "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + text +
           "' AND application_name = 'backupwatch_restore';";
}

TargetDecision decide_found(const TargetFacts& facts) {
    const TargetFacts::Database& found = *facts.database;
    const std::optional<RestoreMark> mark = parse_restore_mark(found.comment);
    if (found.sessions > 0) {
        return refusal(
            "somebody is in " + facts.place + ": " +
                counted(static_cast<std::size_t>(found.sessions), "session"),
            "end what uses it, or restore into another database."
        );
    }
    const bool is_begun = mark && mark->state == RestoreMark::State::begun;
    if (mark && !is_begun && !found.is_empty) {
        return refuse_ended(facts, *mark);
    }
    if (!is_begun && !found.is_empty) {
        return refusal(
            facts.place + " is not empty, and no restore of backupwatch has filled it",
            "name a database in `restore_targets` that is not there yet: backupwatch makes it."
        );
    }
    if (auto refused = refuse_restore_at_work(facts)) return *refused;
    if (found.is_anothers) return refuse_anothers(facts);
    if (is_begun) {
        const std::string what = facts.place + " holds a restore of " + mark->backup +
                                 " that was begun at " + in_words(mark->at) + " and interrupted";
        if (mark->is_of_project) {
            return refusal(
                facts.place + " was a project of Supabase's, by its mark, and is laid out as none",
                "see what has become of it; no restore drops a project."
            );
        }
        if (facts.may_create) return {Step::begin_anew, what, {}};
        return refusal(
            what + ", and this role may not make databases, so it cannot be begun anew",
            "drop and create \"" + facts.name + "\" as a role that may, then restore again."
        );
    }
    if (found.encoding != facts.encoding && !facts.encoding.empty()) {
        return refusal(
            facts.place + " is empty, but its encoding is " + found.encoding +
                ", and the backup's is " + facts.encoding,
            "drop it: backupwatch makes it as it has to be."
        );
    }
    return {Step::fill, facts.place + " is there, and empty", {}};
}

}  // namespace

TargetDecision refusal(std::string sentence, std::string hint) {
    return {Step::refuse, std::move(sentence), std::move(hint)};
}

TargetDecision refuse_ended(const TargetFacts& facts, const RestoreMark& mark) {
    if (mark.state == RestoreMark::State::loaded) {
        return refusal(
            facts.place + " holds " + mark.backup + ", which was loaded as a whole at " +
                in_words(mark.at) + " and never verified to its end",
            "give the command by which it was restored again, which verifies it. For another "
            "backup make another new project: a restore empties none."
        );
    }
    return refusal(
        facts.place + " holds " + mark.backup + ", whose restore came to its end at " +
            in_words(mark.at),
        mark.is_of_project ? "use it; or make a new project for this one."
                           : "use it; or drop it yourself, or restore into another database."
    );
}

std::optional<TargetDecision> refuse_restore_at_work(const TargetFacts& facts) {
    const int sessions = facts.database->sessions_of_restore;
    // What a killed one has left ends within seconds: these may be of one that has lost its lock.
    if (sessions == 0) return std::nullopt;
    return refusal(
        "a restore is still at work in " + facts.place + ": " +
            counted(static_cast<std::size_t>(sessions), "session"),
        "wait for it. Where nobody runs one any more: " + end_sessions(facts.name) +
            " Then restore again."
    );
}

TargetDecision refuse_anothers(const TargetFacts& facts) {
    return refusal(
        facts.place + " belongs to a role that " + clean_line(facts.role) +
            " is no member of, so that it can be neither marked nor dropped",
        "make it the role's own (ALTER DATABASE ... OWNER TO), or restore into another database."
    );
}

std::string to_text(const RestoreMark& mark) {
    std::string text(mark.is_of_project ? of_project : of_database);
    for (const auto& [state, word] : words_of_states) {
        if (state == mark.state) text += word;
    }
    return text + to_rfc3339(mark.at) + ": " + clean_line(mark.backup);
}

std::optional<RestoreMark> parse_restore_mark(std::string_view comment) {
    RestoreMark mark;
    mark.is_of_project = take_prefix(comment, of_project);
    if (!mark.is_of_project && !take_prefix(comment, of_database)) return std::nullopt;
    const auto* const word = std::ranges::find_if(words_of_states, [&](const auto& one) {
        return take_prefix(comment, one.second);
    });
    if (word == std::end(words_of_states)) return std::nullopt;
    mark.state = word->first;
    const auto end = comment.find(": ");
    if (end == comment.npos) return std::nullopt;
    const auto at = parse_rfc3339(comment.substr(0, end));
    if (!at) return std::nullopt;
    mark.at = *at;
    mark.backup = clean_line(comment.substr(end + 2));
    return mark;
}

TargetDecision decide_target(const TargetFacts& facts) {
    if (const DatabaseIdentity* own = watched_there(facts)) {
        return refusal(
            facts.place + " is the database that is watched as " + own->watched_as +
                ", and a restore never touches that",
            "name a new database in `restore_targets`; it takes the old one's place by a rename, "
            "once it is verified."
        );
    }
    if (facts.is_under_way) {
        return refusal(
            "another restore into " + facts.place + " is under way",
            "wait for it, or end it; then run this again."
        );
    }
    if (facts.is_standby) {
        return refusal(
            facts.place + " is on a standby, which takes no writes",
            "name its primary in `restore_targets`."
        );
    }
    const int needed = facts.backup_version / of_a_major;
    const int there = facts.server_version / of_a_major;
    if (there < needed) {
        return refusal(
            facts.place + " is on PostgreSQL " + std::to_string(there) + ", and the backup is of " +
                std::to_string(needed),
            "restore it into a server of " + std::to_string(needed) + " or newer."
        );
    }
    if (facts.database && facts.database->project) return decide_project(facts);
    if (facts.database) return decide_found(facts);
    if (facts.may_create) return {Step::create, facts.place + " is not there yet", {}};
    return refusal(
        facts.place + " is not there, and this role may not make databases",
        "create \"" + facts.name + "\", empty and owned by this role; or ALTER ROLE ... CREATEDB."
    );
}

}  // namespace backupwatch
