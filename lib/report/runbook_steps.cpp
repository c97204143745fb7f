#include "core/backup/by_hand.hpp"
#include "core/wording/advice.hpp"
#include "report/runbook.hpp"
#include "report/runbook_parts.hpp"
#include "report/runbook_words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

using Step = RunbookStep;
using Facts = RunbookFacts;

std::vector<std::string> each_if_the_last_did(std::vector<std::string> commands) {
    for (std::size_t i = 0; i + 1 < commands.size(); ++i) commands[i] += " &&";
    return commands;
}

/// As psql takes it for one identifier.
std::string quoted_name(const std::string& name) {
    std::string quoted = "\"";
    for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

/// As SQL takes it for one text.
std::string quoted_text(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
    return quoted + "'";
}

std::string psql(const std::string& database, const std::string& sql) {
    return "psql --no-psqlrc --set=ON_ERROR_STOP=1 --dbname=" + shell_word(database) +
           " --command=" + shell_word(sql);
}

Step ask(const Facts& facts, const RunbookWords& words) {
    Step step{std::string(words.ask)};
    const auto& settings = facts.settings;
    for (const std::string& role : settings.approvals) {
        for (const RunbookSettings::Contact& contact : settings.contacts) {
            if (contact.role != role) continue;
            step.lines.push_back(filled(words.approval_of, {role, contact.name, contact.reach}));
        }
    }
    if (step.lines.empty()) step.lines.emplace_back(words.no_approvals);
    step.time = attested_time(facts, "approval");
    return step;
}

Step maintenance(
    const Facts& facts,
    const RunbookWords& words,
    std::string_view title,
    const std::string& what,
    const std::string& item
) {
    Step step{std::string(title)};
    step.lines.push_back(what.empty() ? std::string(words.no_maintenance) : what);
    step.time = attested_time(facts, item);
    return step;
}

Step fetch(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.fetch)};
    step.lines.push_back(line_of_point(chosen.point, chosen.set, words));
    step.lines.emplace_back(words.last_may_hold);
    step.lines.emplace_back(words.other_point);
    // A project's is made by the step before.
    const bool has_server = !chosen.by_hand.is_into_project;
    if (has_server && !facts.host.empty()) {
        // What is set already wins: a new server, another superuser.
        step.commands.push_back("export PGHOST=\"${PGHOST:-" + facts.host + "}\"");
    }
    if (has_server && !facts.port.empty()) {
        step.commands.push_back("export PGPORT=\"${PGPORT:-" + facts.port + "}\"");
    }
    if (has_server) step.commands.emplace_back("export PGUSER=\"${PGUSER:-postgres}\"");
    step.commands.insert(
        step.commands.end(), chosen.by_hand.fetch.begin(), chosen.by_hand.fetch.end()
    );
    if (chosen.measured) {
        step.time = measured_time(chosen.measured->fetch_seconds, chosen.measured->at);
    }
    return step;
}

/// Where a project of Supabase's is restored to.
Step new_project(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.project)};
    step.lines = {std::string(words.project_like), std::string(words.project_address)};
    // What is set already wins.
    step.commands = {
        "export PGHOST=\"${PGHOST:-REGION.pooler.supabase.com}\" PGPORT=\"${PGPORT:-5432}\"",
        "export PGUSER=\"${PGUSER:-postgres.PROJECT}\" PGDATABASE=" +
            shell_word(chosen.by_hand.restored),
    };
    step.time = attested_time(facts, "new-project");
    return step;
}

Step load_project(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.project_load)};
    step.lines.emplace_back(words.project_load_note);
    step.commands = each_if_the_last_did(chosen.by_hand.load);
    // A drill measures a server of this machine, and no project's.
    step.time = attested_time(facts, "project-load");
    return step;
}

/// No dump brings these back.
Step move_to_project(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.project_move)};
    for (const NotHeld& part : chosen.by_hand.not_held) {
        step.lines.push_back(filled(words.not_held, {part.what, part.why}));
    }
    step.lines.emplace_back(words.project_move_note);
    // What was unpacked is the whole database, for whoever reads that disk.
    step.commands = {"cd / && rm --recursive \"$folder\""};
    step.time = attested_time(facts, "switch");
    return step;
}

Step load(const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.load)};
    step.lines.push_back(filled(words.load_note, {"`" + chosen.by_hand.restored + "`"}));
    // Typed line by line as well: where a database of that name exists, nothing is loaded into it.
    step.commands = each_if_the_last_did(chosen.by_hand.load);
    if (chosen.measured) {
        step.time = measured_time(chosen.measured->restore_seconds, chosen.measured->at);
    }
    return step;
}

Step verify(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.verify)};
    step.lines.emplace_back(words.verify_counts);
    for (const std::string& table : facts.tables) {
        step.commands.push_back(psql(chosen.by_hand.restored, "SELECT count(*) FROM " + table));
    }
    for (const std::string& query : facts.queries) {
        step.commands.push_back(psql(chosen.by_hand.restored, query) + " > /dev/null");
    }
    if (step.commands.empty()) {
        step.commands.push_back(psql(
            chosen.by_hand.restored,
            "SELECT relname, n_live_tup FROM pg_stat_user_tables ORDER BY n_live_tup DESC LIMIT 20"
        ));
    }
    // A drill reads every row back: no query here takes longer than that.
    if (chosen.measured) {
        step.time = measured_time(chosen.measured->verify_seconds, chosen.measured->at);
    }
    return step;
}

/// Works whether the old one is still there or not, and whoever is connected to it.
Step swap(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.swap)};
    const std::string kept = replaced_name(chosen.by_hand.database, chosen.point.backup.id);
    step.lines.push_back(filled(words.swap_note, {"`" + kept + "`"}));
    const std::string old_text = quoted_text(chosen.by_hand.database);
    const std::string where = " FROM pg_database WHERE datname = " + old_text + " \\gexec";
    const std::string old_name = quoted_name(chosen.by_hand.database);
    // Nobody renames the database that they are in.
    const std::string from = chosen.by_hand.database == "postgres" ? "template1" : "postgres";
    step.commands = {
        // What was unpacked is the whole database, for whoever reads that disk.
        "psql --no-psqlrc --set=ON_ERROR_STOP=1 --dbname=" + from +
            " <<'SQL' && cd / && rm --recursive \"$folder\"",
        "SELECT " + quoted_text("ALTER DATABASE " + old_name + " WITH ALLOW_CONNECTIONS false") +
            where,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (" + old_text +
            ", " + quoted_text(chosen.by_hand.restored) + ");",
        "SELECT " + quoted_text("ALTER DATABASE " + old_name + " RENAME TO " + quoted_name(kept)) +
            where,
        "ALTER DATABASE " + quoted_name(chosen.by_hand.restored) + " RENAME TO " + old_name + ";",
        "SQL",
    };
    step.time = attested_time(facts, "switch");
    return step;
}

Step pages(const Facts& facts, const RunbookWords& words) {
    Step step{std::string(words.pages)};
    const auto& settings = facts.settings;
    for (const RunbookSettings::Page& page : settings.verify) {
        const std::string status = std::to_string(page.expect);
        step.lines.push_back(filled(words.page, {page.url, status}));
        step.commands.push_back(
            "test \"$(curl --silent --output /dev/null --max-time 30 --write-out '%{http_code}' " +
            shell_word(page.url) + ")\" = " + status
        );
    }
    if (!settings.error_tracker.empty()) {
        step.lines.push_back(filled(words.tracker, {settings.error_tracker}));
    }
    if (step.lines.empty()) step.lines.emplace_back(words.no_checks);
    step.time = attested_time(facts, "after-checks");
    return step;
}

}  // namespace

Duration StepTime::planned() const {
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(taken);
    return std::max<Duration>(minutes, std::chrono::minutes(1));
}

std::vector<RunbookStep> runbook_steps(const RunbookFacts& facts) {
    const RunbookWords& words = runbook_words(facts.settings.language);
    const auto& mode = facts.settings.maintenance;
    std::vector<RunbookStep> steps;
    steps.push_back(ask(facts, words));
    steps.push_back(maintenance(facts, words, words.on, mode.on, "maintenance-on"));
    if (facts.chosen && facts.chosen->by_hand.is_into_project) {
        steps.push_back(new_project(facts, *facts.chosen, words));
        steps.push_back(fetch(facts, *facts.chosen, words));
        steps.push_back(load_project(facts, *facts.chosen, words));
        steps.push_back(verify(facts, *facts.chosen, words));
        steps.push_back(move_to_project(facts, *facts.chosen, words));
    } else if (facts.chosen) {
        steps.push_back(fetch(facts, *facts.chosen, words));
        steps.push_back(load(*facts.chosen, words));
        steps.push_back(verify(facts, *facts.chosen, words));
        steps.push_back(swap(facts, *facts.chosen, words));
    } else {
        steps.push_back(provider_step(facts, words));
    }
    steps.push_back(maintenance(facts, words, words.off, mode.off, "maintenance-off"));
    steps.push_back(pages(facts, words));
    return steps;
}

}  // namespace backupwatch
