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

/// What was unpacked is the whole database, for whoever reads that disk.
constexpr const char* remove_unpacked = "cd / && rm --recursive \"${folder:?}\"";

/// Where the last step has unpacked it, and nowhere else.
std::vector<std::string> in_its_folder(const std::vector<std::string>& commands) {
    std::vector<std::string> lines{"cd \"${folder:?}\""};
    lines.insert(lines.end(), commands.begin(), commands.end());
    return each_if_the_last_did(std::move(lines));
}

/// What is set already wins: a new server, another superuser.
std::vector<std::string> where_it_goes(const Facts& facts) {
    std::vector<std::string> lines;
    if (!facts.host.empty()) lines.push_back("export PGHOST=\"${PGHOST:-" + facts.host + "}\"");
    if (!facts.port.empty()) lines.push_back("export PGPORT=\"${PGPORT:-" + facts.port + "}\"");
    lines.emplace_back("export PGUSER=\"${PGUSER:-postgres}\"");
    return lines;
}

/// `then` is done by the shell once it is swapped.
std::vector<std::string> swap_block(
    const std::string& database,
    const std::string& incoming,
    const std::string& outgoing,
    const std::string& then
) {
    std::vector<std::string> lines{
        "psql --no-psqlrc --set=ON_ERROR_STOP=1 --dbname=" + swapped_from(database) + " <<'SQL'" +
        then};
    for (std::string& statement : swap_statements(database, incoming, outgoing)) {
        lines.push_back(std::move(statement));
    }
    lines.emplace_back("SQL");
    return lines;
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
    if (!chosen.by_hand.is_into_project) step.commands = where_it_goes(facts);
    for (std::string& command : each_if_the_last_did(chosen.by_hand.fetch)) {
        step.commands.push_back(std::move(command));
    }
    if (chosen.measured) {
        step.time = measured_time(chosen.measured->fetch_seconds, chosen.measured->at);
    }
    return step;
}

/// Where a project of Supabase's is restored to.
Step new_project(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.project)};
    step.lines = {std::string(words.project_like), std::string(words.project_address)};
    step.time = attested_time(facts, "new-project");
    if (chosen.by_hand.is_guided_only) {
        step.lines.pop_back();
        return step;
    }
    // What is set already wins.
    step.commands = {
        "export PGHOST=\"${PGHOST:-REGION.pooler.supabase.com}\" PGPORT=\"${PGPORT:-5432}\"",
        "export PGUSER=\"${PGUSER:-postgres.PROJECT}\" PGDATABASE=" +
            shell_word(chosen.by_hand.restored),
    };
    return step;
}

Step load_project(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.project_load)};
    step.lines.emplace_back(words.project_load_note);
    step.commands = in_its_folder(chosen.by_hand.load);
    // A drill measures a server of this machine, and no project's.
    step.time = attested_time(facts, "project-load");
    return step;
}

/// Its target, and so what is confirmed, a person has yet to name.
Step guided_load(const Facts& facts, const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.project_load)};
    const std::string command = "restore " + shell_word(facts.database + "/" + chosen.set) +
                                " --backup " + shell_word(chosen.point.backup.id) + " --into NAME";
    step.lines = {
        line_of_point(chosen.point, chosen.set, words),
        filled(words.project_guided, {our_command(facts, command)}),
        std::string(words.guided_project)};
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
    if (!chosen.by_hand.is_guided_only) step.commands = {remove_unpacked};
    step.time = attested_time(facts, "switch");
    return step;
}

Step load(const Facts::Chosen& chosen, const RunbookWords& words) {
    Step step{std::string(words.load)};
    step.lines.push_back(filled(words.load_note, {"`" + chosen.by_hand.restored + "`"}));
    const std::string& restored = chosen.by_hand.restored;
    step.lines.push_back(filled(words.load_again, {"`dropdb " + shell_word(restored) + "`"}));
    // Typed line by line as well: where a database of that name exists, nothing is loaded into it.
    step.commands = in_its_folder(chosen.by_hand.load);
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
    step.lines.emplace_back(words.swap_roles);
    step.commands = swap_block(
        chosen.by_hand.database,
        chosen.by_hand.restored,
        kept,
        std::string(" && ") + remove_unpacked
    );
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
    const Duration least = source == Source::measured ? Duration(std::chrono::seconds(1))
                                                      : Duration(std::chrono::minutes(1));
    return std::max<Duration>(std::chrono::ceil<std::chrono::seconds>(taken), least);
}

PlannedTotal planned_total(const std::vector<RunbookStep>& steps) {
    PlannedTotal total;
    for (const RunbookStep& step : steps) {
        if (step.time.source == StepTime::Source::unknown) {
            total.untimed.push_back(step.title);
            continue;
        }
        total.known += step.time.planned();
        if (step.time.source == StepTime::Source::measured) total.measured += step.time.planned();
    }
    return total;
}

std::optional<RunbookStep> runbook_way_back(const RunbookFacts& facts) {
    if (!facts.chosen || facts.chosen->by_hand.is_into_project) return std::nullopt;
    const RunbookWords& words = runbook_words(facts.settings.language);
    const ByHand& by_hand = facts.chosen->by_hand;
    const std::string kept = replaced_name(by_hand.database, facts.chosen->point.backup.id);
    Step step{std::string(words.back)};
    step.lines.push_back(filled(words.back_note, {"`" + by_hand.restored + "`"}));
    // Perhaps in another session than that of the steps.
    step.commands = where_it_goes(facts);
    for (std::string& line : swap_block(by_hand.database, kept, by_hand.restored, {})) {
        step.commands.push_back(std::move(line));
    }
    return step;
}

std::vector<RunbookStep> runbook_steps(const RunbookFacts& facts) {
    const RunbookWords& words = runbook_words(facts.settings.language);
    const auto& mode = facts.settings.maintenance;
    std::vector<RunbookStep> steps;
    steps.push_back(ask(facts, words));
    steps.push_back(maintenance(facts, words, words.on, mode.on, "maintenance-on"));
    if (facts.chosen && facts.chosen->by_hand.is_into_project) {
        steps.push_back(new_project(facts, *facts.chosen, words));
        if (facts.chosen->by_hand.is_guided_only) {
            steps.push_back(guided_load(facts, *facts.chosen, words));
        } else {
            steps.push_back(fetch(facts, *facts.chosen, words));
            steps.push_back(load_project(facts, *facts.chosen, words));
            steps.push_back(verify(facts, *facts.chosen, words));
        }
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
