#include "core/backup/by_hand.hpp"
#include "core/text.hpp"
#include "core/wording/advice.hpp"
#include "report/runbook.hpp"
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

StepTime measured(double seconds, Instant at) {
    StepTime time;
    time.source = StepTime::Source::measured;
    time.taken = std::chrono::ceil<Duration>(std::chrono::duration<double>(seconds));
    time.as_of = at;
    return time;
}

StepTime attested(const Facts& facts, const std::string& item) {
    StepTime time;
    for (const Attestation& one : facts.attestations) {
        if (one.item != item || !one.minutes || one.expires_at <= facts.now) continue;
        time.source = StepTime::Source::attested;
        time.taken = std::chrono::minutes(*one.minutes);
        time.as_of = one.at;
        time.by = one.by;
    }
    // What would make it known.
    if (time.source == StepTime::Source::unknown) time.by = item;
    return time;
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
    step.time = attested(facts, "approval");
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
    step.time = attested(facts, item);
    return step;
}

std::string of_point(const Facts::Point& point, const std::string& set, const RunbookWords& words) {
    const auto& sentence = point.is_proven() ? words.fetch_of : words.fetch_unproven;
    return filled(sentence, {clean_line(point.backup.id), set, in_words(point.backup.started_at)});
}

Step fetch(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.fetch)};
    step.lines.push_back(of_point(chosen.point, chosen.set, words));
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
        step.time = measured(chosen.measured->fetch_seconds, chosen.measured->at);
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
    step.time = attested(facts, "new-project");
    return step;
}

Step load_project(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.project_load)};
    step.lines.emplace_back(words.project_load_note);
    step.commands = each_if_the_last_did(chosen.by_hand.load);
    // A drill measures a server of this machine, and no project's.
    step.time = attested(facts, "project-load");
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
    step.time = attested(facts, "switch");
    return step;
}

Step load(const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.load)};
    step.lines.push_back(filled(words.load_note, {"`" + chosen.by_hand.restored + "`"}));
    // Typed line by line as well: where a database of that name exists, nothing is loaded into it.
    step.commands = each_if_the_last_did(chosen.by_hand.load);
    if (chosen.measured) {
        step.time = measured(chosen.measured->restore_seconds, chosen.measured->at);
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
        step.time = measured(chosen.measured->verify_seconds, chosen.measured->at);
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
    step.time = attested(facts, "switch");
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
    step.time = attested(facts, "after-checks");
    return step;
}

bool has_provider(const Facts& facts) {
    return std::ranges::any_of(facts.sets, [](const Facts::Set& set) {
        return !set.provider_page.empty();
    });
}

std::string stretch_of(
    const Facts::Stretch& stretch, const std::string& set, const RunbookWords& words
) {
    return filled(words.provider_stretch, {set, in_words(stretch.since), in_words(stretch.until)});
}

/// The newest: the table has them all.
std::string points_of(const Facts::Set& set, const RunbookWords& words) {
    constexpr std::size_t most = 3;
    std::string names;
    for (std::size_t i = 0; i < std::min(most, set.points.size()); ++i) {
        const Backup& backup = set.points[i].backup;
        names +=
            (names.empty() ? "" : "; ") +
            filled(words.provider_point_of, {clean_line(backup.id), in_words(backup.started_at)});
    }
    return filled(words.provider_points, {set.name, names});
}

/// Where it runs it does steps of the runbook by itself, with the checks of a drill.
Step guided(const Facts& facts, const Facts::Guided& guided, const RunbookWords& words) {
    Step step{std::string(words.guided)};
    step.lines.push_back(of_point(guided.point, guided.set, words));
    for (const Facts::Guided::Target& target : guided.targets) {
        step.lines.push_back(
            "`backupwatch restore " + shell_word(facts.database + "/" + guided.set) + " --backup " +
            shell_word(guided.point.backup.id) + " --into " + shell_word(target.name) +
            " --confirm " + shell_word(target.place) + "`"
        );
    }
    step.lines.emplace_back(words.guided_does);
    if (guided.measured) {
        const auto& took = *guided.measured;
        step.time =
            measured(took.fetch_seconds + took.restore_seconds + took.verify_seconds, took.at);
    }
    return step;
}

Step into_new_server(const std::string& set, const Facts::Whole& whole, const RunbookWords& words) {
    Step step{std::string(words.whole)};
    step.lines.push_back(of_point(whole.point, set, words));
    step.lines.emplace_back(words.whole_note);
    step.commands = whole.commands;
    return step;
}

/// Where no provider is known either, the tool that made the backups is.
Step provider(const Facts& facts, const RunbookWords& words) {
    Step step{std::string(has_provider(facts) ? words.provider : words.tool)};
    if (has_provider(facts)) {
        step.lines = {std::string(words.provider_point), std::string(words.provider_pitr)};
    }
    for (const Facts::Set& set : facts.sets) {
        if (!set.provider_page.empty()) {
            if (set.stretch) step.lines.push_back(stretch_of(*set.stretch, set.name, words));
            if (!set.points.empty()) step.lines.push_back(points_of(set, words));
            step.lines.push_back(filled(words.provider_page, {set.provider_page}));
        } else if (!facts.chosen && !set.directory.empty()) {
            step.lines.push_back(filled(words.tool_folder, {set.name, "`" + set.directory + "`"}));
        }
    }
    step.time = attested(facts, "provider-restore");
    return step;
}

}  // namespace

Duration StepTime::planned() const {
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(taken);
    return std::max<Duration>(minutes, std::chrono::minutes(1));
}

std::vector<RunbookStep> runbook_alternatives(const RunbookFacts& facts) {
    const RunbookWords& words = runbook_words(facts.settings.language);
    std::vector<RunbookStep> alternatives;
    if (facts.guided) alternatives.push_back(guided(facts, *facts.guided, words));
    if (facts.chosen && has_provider(facts)) alternatives.push_back(provider(facts, words));
    for (const Facts::Set& set : facts.sets) {
        if (set.whole) alternatives.push_back(into_new_server(set.name, *set.whole, words));
    }
    return alternatives;
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
        steps.push_back(provider(facts, words));
    }
    steps.push_back(maintenance(facts, words, words.off, mode.off, "maintenance-off"));
    steps.push_back(pages(facts, words));
    return steps;
}

}  // namespace backupwatch
