#include "watch/gate.hpp"

#include "commands/documents.hpp"
#include "commands/runbook_file.hpp"
#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "json/text.hpp"
#include "watch/notes.hpp"
#include "watch/work.hpp"

#include <boost/json/array.hpp>

#include <exception>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_override = 500;

struct GateRequest {
    Duration max_age = usual_max_age;
    bool takes = false;
    std::string override_reason;
};

GateRequest gate_request(const Request& request) {
    GateRequest wanted;
    const std::string max_age = text_option(request, "max_age");
    if (!max_age.empty()) wanted.max_age = period_of(max_age);
    wanted.takes = !text_option(request, "take").empty();
    const std::string given = text_option(request, "override");
    wanted.override_reason = cut(clean_line(given), longest_override);
    if (!given.empty() && wanted.override_reason.empty()) {
        throw Failure(Failure::Kind::usage, "--override: the reason is blank", "say why.");
    }
    return wanted;
}

bool can_prove(const WatchedSet& set) {
    return set.settings.take && set.settings.drill;
}

std::string message_of(const std::exception_ptr& failed) {
    try {
        std::rethrow_exception(failed);
    } catch (const std::exception& failure) {
        return failure.what();
    }
}

/// What is wrong with a dump that was to be the proof; nothing: it passed its drill.
Task<std::optional<GateReason>> take_and_drill(World& world, WatchedSet& set, ProgressSink show) {
    const SlotOf by_hand;
    TakeRequest request;
    request.label = "gate";
    const Taken taken = co_await take(world, set, std::move(request), by_hand, show);
    if (taken.failed) {
        co_return GateReason{
            "no dump of " + target_of(set) + " could be taken: " + message_of(taken.failed)};
    }
    const Backup& backup = *taken.backup;
    const DrillReport report = co_await drill(world, set, backup.id, show);
    if (world.ends_with_command) co_await renew_runbook(world, set.database);
    if (report.result == DrillOutcome::Result::passed) co_return std::nullopt;
    const bool has_failed = report.result == DrillOutcome::Result::failed;
    co_return GateReason{
        "the dump that was taken for it, " + backup.id +
            (has_failed ? ", failed its drill: " : ", could not be drilled: ") +
            outcome_of(report, world.clock.now()).error,
        has_failed};
}

json::value proof_json(const std::optional<GateProof>& proof) {
    if (!proof) return nullptr;
    return json::object{
        {"set", proof->set},
        {"backup", backup_json(proof->backup)},
        {"drilled_at", to_rfc3339(proof->drill.finished_at)},
        {"restore_seconds", to_milliseconds(proof->drill.seconds)},
    };
}

json::object decision_json(
    const std::string& database, const GateDecision& decision, Duration max_age, Instant now
) {
    json::array reasons;
    for (const GateReason& reason : decision.reasons) reasons.emplace_back(reason.text);
    return {
        {"database", database},
        {"now", to_rfc3339(now)},
        {"open", decision.is_open()},
        {"can_tell", decision.severity() != Severity::unknown},
        {"max_age_seconds", std::chrono::duration_cast<std::chrono::seconds>(max_age).count()},
        {"proof", proof_json(decision.proof)},
        {"reasons", std::move(reasons)},
        {"not_looked_at", text_or_null(decision.not_looked_at)},
    };
}

std::string proof_text(const GateProof& proof, Instant now) {
    return proof.set + " " + id_and_label(proof.backup) + ", " +
           in_words(now - proof.backup.started_at) + " old, passed its drill at " +
           in_words(proof.drill.finished_at) + "\n";
}

std::string decision_text(const std::string& database, const GateDecision& decision, Instant now) {
    const std::string unseen = decision.not_looked_at.empty()
                                   ? std::string()
                                   : "not looked at: " + decision.not_looked_at + "\n";
    if (decision.is_open()) {
        return "open: " + database + "\n  " + proof_text(*decision.proof, now) + unseen;
    }
    const bool can_tell = decision.severity() != Severity::unknown;
    std::string text = (can_tell ? "shut: " : "cannot tell: ") + database + "\n";
    for (const GateReason& reason : decision.reasons) text += "  " + reason.text + "\n";
    if (decision.proof) text += "proven is " + proof_text(*decision.proof, now);
    return text + unseen;
}

/// Recorded and told, or refused: nobody passes it unseen.
Task<> pass_all_the_same(
    World& world, std::string database, std::string why, GateDecision decision, Reply& reply
) {
    std::vector<std::string> lines;
    for (const GateReason& reason : decision.reasons) lines.push_back(reason.text);
    Notice notice = note_of(database, "the gate was overridden: " + why, std::move(lines));
    notice.severity = Severity::warning;
    NotedMark mark{database, world.clock.now(), NotedMark::Kind::gate_overridden, why};
    const std::size_t told = co_await tell_note(world, std::move(notice), std::move(mark));
    reply.exit_code = 0;
    reply.document.as_object()["override"] = why;
    reply.text += "overridden: " + why +
                  (told == 0 ? "; recorded, but no notifier is configured that could tell it\n"
                             : "; recorded, and told\n");
    tell_if_not_kept(world, reply);
}

}  // namespace

Task<json::object> gate_json(World& world, std::string database, Duration max_age) {
    json::object none;
    std::vector<WatchedSet*> sets;
    bool is_watched = false;
    for (const WatchedDatabase& one : world.databases) {
        if (one.name != database) continue;
        is_watched = true;
        for (const auto& set : one.sets) sets.push_back(set.get());
    }
    if (!is_watched) co_return none;
    const GateFacts facts = co_await gate_facts(world, database, std::move(sets));
    const Instant now = world.clock.now();
    co_return decision_json(database, decide_gate(facts, max_age, now), max_age, now);
}

Task<Reply> gate_command(World& world, Request request, ProgressSink progress) {
    const GateRequest wanted = gate_request(request);
    const std::string target = only_target(request);
    const std::string database = target.substr(0, target.find('/'));
    const std::vector<WatchedSet*> sets = world.find_sets({target});
    std::optional<GateReason> without_proof;
    if (wanted.takes) {
        WatchedSet& set = world.find_set(target, can_prove);
        if (!can_prove(set)) {
            throw Failure(
                Failure::Kind::usage,
                "--take: " + target_of(set) + " is not both taken and drilled by backupwatch",
                "leave --take out, or give the set `take` and `drill`."
            );
        }
        without_proof = co_await take_and_drill(world, set, std::move(progress));
    }
    for (WatchedSet* set : sets) co_await look(world, *set);
    const GateFacts facts = co_await gate_facts(world, database, sets);
    const Instant now = world.clock.now();
    GateDecision decision = decide_gate(facts, wanted.max_age, now);
    if (without_proof) decision.reasons.insert(decision.reasons.begin(), *without_proof);
    Reply reply;
    reply.exit_code = exit_code(decision.severity());
    reply.document = decision_json(database, decision, wanted.max_age, now);
    reply.document.as_object()["override"] = nullptr;
    reply.text = decision_text(database, decision, now);
    if (decision.is_open() || wanted.override_reason.empty()) co_return reply;
    co_await pass_all_the_same(world, database, wanted.override_reason, decision, reply);
    co_return reply;
}

}  // namespace backupwatch
