#include "report/runbook.hpp"

#include "commands/runbook_facts.hpp"
#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/words.hpp"
#include "watch/work.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

std::int64_t in_seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

json::object step_json(const RunbookStep& step) {
    json::object object{{"title", step.title}, {"planned_seconds", nullptr}, {"source", "unknown"}};
    if (step.time.source == StepTime::Source::unknown) return object;
    const bool is_measured = step.time.source == StepTime::Source::measured;
    object["planned_seconds"] = in_seconds(step.time.planned());
    object["source"] = is_measured ? "measured" : "attested";
    return object;
}

json::value chosen_json(const RunbookFacts& facts) {
    if (!facts.chosen) return nullptr;
    return json::object{
        {"set", facts.chosen->set},
        {"backup", facts.chosen->point.backup.id},
        {"proven", facts.chosen->point.is_proven()},
    };
}

/// One line for whoever has the file.
std::string summary_of(const RunbookFacts& facts) {
    if (!facts.chosen) return "the runbook of " + facts.database + " has no commands of ours\n";
    const Backup& backup = facts.chosen->point.backup;
    return "the runbook of " + facts.database + " restores " + facts.chosen->set + " " +
           id_and_label(backup) + (facts.chosen->point.is_proven() ? "\n" : ", NOT PROVEN\n");
}

}  // namespace

WatchedDatabase& whole_database(World& world, const Request& request) {
    const std::string& name = only_target(request);
    for (WatchedDatabase& database : world.databases) {
        if (database.name == name) return database;
    }
    // Says what there is.
    world.find_sets({name});
    throw Failure(
        Failure::Kind::usage,
        request.verb + " is about a whole database, and \"" + name + "\" is a set",
        "name the database alone."
    );
}

Task<Reply> runbook_command(World& world, Request request, ProgressSink) {
    const WatchedDatabase& database = whole_database(world, request);
    for (const auto& set : database.sets) co_await look(world, *set);
    const RunbookFacts facts = co_await runbook_facts(world, database);
    const bool is_proven = proven_before(facts, facts.now) != nullptr;
    Reply reply;
    reply.exit_code = exit_code(is_proven ? Severity::ok : Severity::warning);
    reply.report = runbook_text(facts);
    json::array steps;
    const auto planned = runbook_steps(facts);
    for (const RunbookStep& step : planned) steps.push_back(step_json(step));
    reply.document = json::object{
        {"database", facts.database},
        {"restores", chosen_json(facts)},
        {"target_seconds", in_seconds(facts.settings.target)},
        {"steps", std::move(steps)},
        {"promised_seconds", in_seconds(planned_total(planned).promised())},
        {"text", reply.report},
    };
    const bool has_file = !text_option(request, "output").empty();
    reply.text = has_file ? summary_of(facts) : reply.report;
    co_return reply;
}

}  // namespace backupwatch
