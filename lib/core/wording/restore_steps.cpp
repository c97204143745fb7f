#include "core/wording/restore_steps.hpp"

#include "core/backup/by_hand.hpp"
#include "core/backup/identifier.hpp"
#include "core/backup/project_queues.hpp"
#include "core/backup/project_tables.hpp"
#include "core/text.hpp"
#include "core/wording/advice.hpp"
#include "core/wording/pieces.hpp"

namespace backupwatch {
namespace {

constexpr std::size_t most_of_an_error = 300;

/// As SQL has a name that may be anything.
std::string in_quotes(const std::string& name) {
    std::string quoted = "\"";
    for (const char letter : clean_line(name))
        quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    return quoted + "\"";
}

/// `: as it is configured.`, or a full stop.
std::string how(const std::string& configured) {
    return configured.empty() ? "." : ": " + sentence(clean_line(configured));
}

/// What goes to the old database comes to the new one, under the same name.
std::vector<std::string> rename_steps(const SwapFacts& facts, const std::string& kept) {
    constexpr const char* what[] = {
        "Close the old database", "End the sessions in both", "Rename both"};
    const auto statements = swap_statements(facts.old_name, facts.new_name, kept);
    std::vector<std::string> steps;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        steps.push_back(
            std::string(what[i]) + ", in psql, connected to `" + swapped_from(facts.old_name) +
            "`: " + clean_line(statements[i])
        );
    }
    return steps;
}

std::string way_back(const SwapFacts& facts, const std::string& kept) {
    std::string step = "To go back, take the application off and run, in the same place:";
    for (const auto& statement : swap_statements(facts.old_name, kept, facts.new_name)) {
        step += " " + clean_line(statement);
    }
    return step + " What was written since is then in " + in_quotes(facts.new_name) +
           " alone. Keep " + in_quotes(kept) + " until nobody misses anything.";
}

std::string unmark(const SwapFacts& facts) {
    return "COMMENT ON DATABASE " + in_quotes(facts.new_name) + " IS NULL;";
}

/// A role without a log-in may be one that nobody logs in as.
std::vector<std::string> role_steps(const std::vector<std::string>& roles) {
    std::vector<std::string> steps;
    if (roles.empty()) return steps;
    std::string step =
        "Of these roles, let those log in as whom the application or a person does, in psql:";
    for (const std::string& role : roles) {
        const std::string name = in_quotes(role);
        step += " ALTER ROLE " + name + " LOGIN; and \\password " + name + ";";
    }
    step.back() = '.';
    steps.push_back(std::move(step));
    return steps;
}

/// Its schemas, and what it counts and keeps book of.
bool has_every_project(const std::string& what) {
    constexpr std::string_view table = "table ";
    if (what.starts_with("schema ") || what.starts_with("sequence ")) return true;
    if (!what.starts_with(table)) return false;
    const auto parts = identifier_parts(what.substr(table.size()));
    // Not the user's cron jobs.
    return parts.size() == 2 && parts.at(0) != "cron" && stays_projects(parts.at(0), parts.at(1));
}

/// What no dump holds, or no project takes from one.
std::vector<std::string> steps_to_put_back(const std::vector<NotHeld>& not_held) {
    constexpr std::string_view jobs = "the work of cron jobs";
    std::vector<std::string> steps;
    for (const NotHeld& part : not_held) {
        // Of queues there is a step of its own.
        if (has_every_project(part.what) || part.what.starts_with("the queue ")) continue;
        if (!part.what.starts_with(jobs)) {
            steps.push_back(
                "Put back what no dump holds: " + clean_line(part.what + ": " + part.why) + "."
            );
            continue;
        }
        steps.push_back(
            clean_line("Schedule the cron jobs" + part.what.substr(jobs.size())) +
            " again, each by SELECT cron.schedule('NAME', 'SCHEDULE', 'COMMAND'): in a copy of the "
            "dump's folder, unpacked as README.txt says, `pg_restore --data-only --schema=cron "
            "--table=job --file=- archive` prints them."
        );
    }
    return steps;
}

std::string by_create_partitioned(const std::vector<std::string>& queues) {
    return "by pgmq.create_partitioned, with the intervals that they had: " +
           clean_line(all_of(queues)) + ".";
}

/// A queue of pgmq's comes of its rows alone.
std::vector<std::string> queue_steps(const SwapFacts& facts) {
    std::vector<std::string> steps;
    std::string made;
    for (const std::string& queue : facts.queues) {
        // Detached in part: the next step has it.
        if (facts.undumped_queues.contains(queue)) continue;
        made += " " + clean_line(create_queue(queue, facts.queue_kinds));
    }
    if (!made.empty()) {
        steps.push_back(
            "Make the queues that were empty, in psql, connected to the new project:" + made
        );
    }
    std::vector<std::string> partitioned;
    for (const std::string& queue : facts.partitioned_queues) {
        if (!facts.undumped_queues.contains(queue)) partitioned.push_back(queue);
    }
    if (!partitioned.empty()) {
        steps.push_back(
            "Make the partitioned queues that were empty, " + by_create_partitioned(partitioned)
        );
    }
    return steps;
}

/// Of most a backup does not know what kind they were.
std::string undumped_step(const SwapFacts& facts) {
    std::string made;
    std::vector<std::string> partitioned;
    for (const std::string& queue : facts.undumped_queues) {
        if (facts.queue_kinds.partitioned.contains(queue)) {
            partitioned.push_back(queue);
        } else {
            made += " " + clean_line(create_queue(queue, facts.queue_kinds));
        }
    }
    std::string step = "Make the queues that are not wholly in the backup, ";
    if (!made.empty()) {
        step += "in psql, connected to the new project:" + made +
                " Where one was unlogged or partitioned, by pgmq.create_unlogged or "
                "pgmq.create_partitioned instead.";
    }
    if (!partitioned.empty()) {
        step += (made.empty() ? "" : " The others ") + by_create_partitioned(partitioned);
    }
    return step +
           " Then set their row-level security, policies and rights anew, before anybody uses "
           "them.";
}

/// Of functions that do it nobody can tell without reading them.
std::string who_sends_requests(const std::vector<std::string>& webhooks) {
    const std::string functions = "functions that call pg_net";
    if (webhooks.empty()) return functions;
    const char* what = webhooks.size() == 1 ? "the webhook " : "the webhooks ";
    return what + clean_line(all_of(webhooks)) + ", and " + functions;
}

/// The address and the keys of a project are its own, so all who use it are told.
std::vector<std::string> project_steps(const SwapFacts& facts) {
    std::vector<std::string> steps;
    if (!facts.is_marked) {
        steps.push_back(
            "Before anything writes to it, run the same command again, which verifies it and marks "
            "it as ended; or take its mark away, in psql, connected to it as its owner: " +
            unmark(facts)
        );
    }
    steps.push_back(
        "Take the application off, so that nothing writes to the old project any more" +
        how(facts.maintenance.on)
    );
    steps.push_back(
        "Set what is set for roles and for the database, and who is a member of which role, in a "
        "copy of the dump's folder: `psql --no-psqlrc --set=in_project=1 --set=database=" +
        clean_line(facts.new_name) +
        " --file=globals.sql`. What the project refuses of it is told by name."
    );
    for (std::string& step : role_steps(facts.made_roles)) steps.push_back(std::move(step));
    for (std::string& step : queue_steps(facts)) steps.push_back(std::move(step));
    if (!facts.undumped_queues.empty()) steps.push_back(undumped_step(facts));
    for (std::string& step : steps_to_put_back(facts.not_held)) steps.push_back(std::move(step));
    steps.emplace_back(
        "Choose what becomes of those who are logged in: with the JWT secret of the old project "
        "(Project Settings, JWT Keys) they stay so; with the new project's own they log in again. "
        "Its keys change with the secret, so do this first."
    );
    steps.push_back(
        "Point the application at the project of " + facts.place +
        ": its URL, its keys (anon or publishable, service_role or secret), its connection strings "
        "and the addresses that log-ins return to; and put it on again" +
        how(facts.maintenance.off)
    );
    steps.emplace_back(
        "Point `url` and `project` in backupwatch's configuration at it as well, so that it is "
        "watched."
    );
    steps.push_back(
        "Keep the old project, paused, until nobody misses anything. Until it is paused, what "
        "sends requests runs in both: " +
        who_sends_requests(facts.webhooks) + "."
    );
    steps.emplace_back(
        "To go back, point the application at the old project again: it is as it was."
    );
    return steps;
}

}  // namespace

std::string data_loss(const Backup& backup, Instant now) {
    const std::string at = in_words(backup.started_at);
    if (backup.started_at >= now) {
        return "it is dated " + at + ", in the future: how much is missing from it cannot be told";
    }
    return "everything that was written after " + at + " (" + in_words(now - backup.started_at) +
           ") is not in it";
}

std::string proof_of(const std::optional<DrillOutcome>& drill) {
    if (!drill) return "no drill has proven it yet";
    const std::string at = in_words(drill->finished_at);
    if (drill->result == DrillOutcome::Result::passed) return "its drill passed at " + at;
    return "its drill failed at " + at + ": " + cut(clean_line(drill->error), most_of_an_error);
}

std::string intention(const TargetDecision& decision, const std::string& place) {
    switch (decision.step) {
        case TargetDecision::Step::create:
            return decision.sentence + ": it is made, and restored into";
        case TargetDecision::Step::fill:
            return decision.sentence + ": it is restored into";
        case TargetDecision::Step::fill_project:
            return decision.sentence +
                   ": it is loaded, in one transaction, and its webhooks run from then on";
        case TargetDecision::Step::verify_project:
            return decision.sentence + ": it is verified as it is now, and nothing is loaded";
        case TargetDecision::Step::begin_anew:
            return decision.sentence + ": " + place + " is dropped, made and restored again";
        case TargetDecision::Step::refuse:
            break;
    }
    return "nothing: " + decision.sentence;
}

TargetDecision unfit_for_restore(const std::string& id, const std::string& why) {
    return {
        TargetDecision::Step::refuse,
        clean_line(id) + " is not restored into a server that stays: " + why,
        "look into it with `backupwatch open`, and load what you need by hand, with psql."};
}

std::string left_by_failure(const std::string& hint, const std::string& place, LeftInPlace left) {
    const std::string before = hint.empty() ? std::string() : sentence(hint) + " ";
    if (left == LeftInPlace::as_it_was) {
        return before + "No database was made or changed; the same command begins again.";
    }
    if (left == LeftInPlace::unmarked) {
        return before + place +
               " may have been made, and is empty then; the old database was not touched. The same "
               "command begins again.";
    }
    if (left == LeftInPlace::new_project) {
        return before + place +
               " is a new project as it was, and is marked as begun; the old one was not touched. "
               "The same command begins anew.";
    }
    if (left == LeftInPlace::used_project) {
        return before + place +
               " is marked as begun, and holds what no new project does; the old one was not "
               "touched. See what it is, or make a new project: a restore empties none.";
    }
    if (left == LeftInPlace::loaded_project) {
        return before + place +
               " was loaded as a whole, and is marked as loaded; it was not verified to its end. "
               "The old project was not touched. The same command verifies it.";
    }
    if (left == LeftInPlace::project) {
        return before + place +
               " is a new project as it was, or is loaded as a whole: the same command says which. "
               "The old one was not touched.";
    }
    if (left == LeftInPlace::another) {
        return before + "What is in " + place +
               " now may be somebody else's; the old database was not touched.";
    }
    return before + place +
           " holds an unfinished restore, and is marked as such; the old database was not touched. "
           "The same command drops what is unfinished and begins anew.";
}

std::string left_by_interruption(TargetDecision::Step step) {
    if (TargetDecision::is_of_project(step)) {
        return "The old project was not touched; the new one is as it was, and marked as begun, or "
               "loaded as a whole, and marked as loaded until it is verified. The same command "
               "says which: it begins anew where it is new, and verifies what is loaded.";
    }
    return "The old database was not touched; the new one, if it was made, is marked as unfinished "
           "until its restore has ended. The same command drops what is unfinished and begins "
           "anew.";
}

std::vector<std::string> swap_steps(const SwapFacts& facts) {
    if (facts.is_project) return project_steps(facts);
    std::vector<std::string> steps;
    if (!facts.is_marked) {
        steps.push_back(
            "Before anything else, since the same command would drop the new database and begin "
            "anew: take its mark away, in psql, connected to it as its owner or as a superuser: " +
            unmark(facts)
        );
    }
    steps.push_back(
        "Take the application off, so that nothing writes to the old database any more" +
        how(facts.maintenance.on)
    );
    steps.emplace_back(
        "Compare what no dump holds: the owner of the database, who may connect to it, and its "
        "settings (`\\l` and `\\drds` in psql, of the old and of the new one)."
    );
    const std::string& off = facts.maintenance.off;
    for (std::string& step : role_steps(facts.made_roles)) steps.push_back(std::move(step));
    if (facts.is_same_server) {
        const std::string kept = replaced_name(facts.old_name, facts.backup);
        for (std::string& step : rename_steps(facts, kept)) steps.push_back(std::move(step));
        steps.push_back(
            "Put the application on again; its connection string stays as it is" + how(off)
        );
        for (const LeftForLater& one : facts.for_later) steps.push_back(one.step);
        steps.push_back(way_back(facts, kept));
        return steps;
    }
    steps.push_back(
        "Point the application at " + facts.place +
        " (its connection string, its secrets, its poolers), and put it on again" + how(off)
    );
    steps.push_back(
        "Point `url` in backupwatch's configuration at it as well, then `backupwatch reload`: "
        "until "
        "then the old one is dumped and watched."
    );
    for (const LeftForLater& one : facts.for_later) steps.push_back(one.step);
    steps.push_back("To go back, point the application at the old database again: it is as it was."
    );
    return steps;
}

std::vector<std::string> provider_steps(
    const std::string& backup, const std::string& page, const std::string& taken
) {
    const std::string dump =
        taken.empty() ? std::string("pg_dump")
                      : "backupwatch backup " + shell_word(taken) + " --label 'before the restore'";
    std::vector<std::string> steps{
        "Know that this restores in place: what is in the database now is gone then, and the "
        "database is out of reach meanwhile. Take a dump of it first, if it still answers (`" +
            dump + "`).",
        "Take the application off.",
    };
    steps.push_back(
        "Open " +
        (page.empty() ? std::string("the provider's page of backups") : clean_line(page)) +
        ", choose " + clean_line(backup) + ", and have it restored there."
    );
    steps.push_back("Check the newest rows of your tables, then put the application on again.");
    return steps;
}

}  // namespace backupwatch
