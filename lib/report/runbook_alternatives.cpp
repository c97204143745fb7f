#include "core/text.hpp"
#include "core/wording/advice.hpp"
#include "report/runbook_parts.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

bool has_provider(const RunbookFacts& facts) {
    return std::ranges::any_of(facts.sets, [](const RunbookFacts::Set& set) {
        return !set.provider_page.empty();
    });
}

std::string stretch_of(
    const RunbookFacts::Stretch& stretch, const std::string& set, const RunbookWords& words
) {
    return filled(words.provider_stretch, {set, in_words(stretch.since), in_words(stretch.until)});
}

/// The newest: the table has them all.
std::string points_of(const RunbookFacts::Set& set, const RunbookWords& words) {
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
RunbookStep guided(
    const RunbookFacts& facts, const RunbookFacts::Guided& guided, const RunbookWords& words
) {
    RunbookStep step{std::string(words.guided)};
    step.lines.push_back(line_of_point(guided.point, guided.set, words));
    for (const RunbookFacts::Guided::Target& target : guided.targets) {
        step.lines.push_back(our_command(
            facts,
            "restore " + shell_word(facts.database + "/" + guided.set) + " --backup " +
                shell_word(guided.point.backup.id) + " --into " + shell_word(target.name) +
                " --confirm " + shell_word(target.place)
        ));
    }
    step.lines.emplace_back(guided.is_into_project ? words.guided_project : words.guided_does);
    if (guided.is_into_project) {
        // A drill measures a server of this machine, and no project's.
        step.time = attested_time(facts, "project-load");
    } else if (guided.measured) {
        const auto& took = *guided.measured;
        step.time =
            measured_time(took.fetch_seconds + took.restore_seconds + took.verify_seconds, took.at);
    }
    return step;
}

RunbookStep into_new_server(
    const std::string& set, const RunbookFacts::Whole& whole, const RunbookWords& words
) {
    RunbookStep step{std::string(words.whole)};
    step.lines.push_back(line_of_point(whole.point, set, words));
    step.lines.emplace_back(words.whole_note);
    step.commands = each_if_the_last_did(whole.commands);
    return step;
}

}  // namespace

StepTime measured_time(double seconds, Instant at) {
    StepTime time;
    time.source = StepTime::Source::measured;
    time.taken = std::chrono::ceil<Duration>(std::chrono::duration<double>(seconds));
    time.as_of = at;
    return time;
}

StepTime attested_time(const RunbookFacts& facts, const std::string& item) {
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

std::string line_of_point(
    const RunbookFacts::Point& point, const std::string& set, const RunbookWords& words
) {
    const auto& sentence = point.is_proven() ? words.fetch_of : words.fetch_unproven;
    return filled(sentence, {clean_line(point.backup.id), set, in_words(point.backup.started_at)});
}

std::string our_command(const RunbookFacts& facts, const std::string& words) {
    const std::string config =
        facts.config.empty() ? std::string() : "--config " + shell_word(facts.config) + " ";
    return "`backupwatch " + config + words + "`";
}

std::string take_command(const RunbookFacts& facts, std::string_view label) {
    const RunbookFacts::Set* taken = nullptr;
    for (const RunbookFacts::Set& set : facts.sets) {
        if (!set.is_taken) continue;
        const bool is_chosen = facts.chosen && facts.chosen->set == set.name;
        if (taken == nullptr || is_chosen) taken = &set;
    }
    if (taken == nullptr) return {};
    return our_command(
        facts,
        "backup " + shell_word(facts.database + "/" + taken->name) + " --label " +
            shell_word(std::string(label))
    );
}

RunbookStep provider_step(const RunbookFacts& facts, const RunbookWords& words) {
    RunbookStep step{std::string(has_provider(facts) ? words.provider : words.tool)};
    if (has_provider(facts)) {
        const std::string dump = take_command(facts, words.label_before);
        step.lines = {
            filled(words.provider_dump, {dump.empty() ? "`pg_dump`" : dump}),
            std::string(words.provider_point),
            std::string(words.provider_pitr)};
    }
    for (const RunbookFacts::Set& set : facts.sets) {
        if (!set.provider_page.empty()) {
            if (set.stretch) step.lines.push_back(stretch_of(*set.stretch, set.name, words));
            if (!set.points.empty()) step.lines.push_back(points_of(set, words));
            step.lines.push_back(filled(words.provider_page, {set.provider_page}));
        } else if (!facts.chosen && !set.directory.empty()) {
            step.lines.push_back(filled(words.tool_folder, {set.name, "`" + set.directory + "`"}));
        }
    }
    step.time = attested_time(facts, "provider-restore");
    return step;
}

std::vector<RunbookStep> runbook_alternatives(const RunbookFacts& facts) {
    const RunbookWords& words = runbook_words(facts.settings.language);
    std::vector<RunbookStep> alternatives;
    if (facts.guided) alternatives.push_back(guided(facts, *facts.guided, words));
    if (facts.chosen && has_provider(facts)) alternatives.push_back(provider_step(facts, words));
    for (const RunbookFacts::Set& set : facts.sets) {
        if (set.whole) alternatives.push_back(into_new_server(set.name, *set.whole, words));
    }
    return alternatives;
}

}  // namespace backupwatch
