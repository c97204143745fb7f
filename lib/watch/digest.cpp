#include "watch/digest.hpp"

#include "core/failure.hpp"
#include "watch/notes.hpp"
#include "watch/world_memory.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace backupwatch {
namespace {

/// What was proven last night is news in the morning; the rest of the day `status` says more.
constexpr Duration stale_after = std::chrono::hours(6);

std::optional<Instant> next_run(const WatchedSet& set, Duration offset, Instant now) {
    std::optional<Instant> next;
    const auto consider = [&](const std::optional<Schedule>& schedule) {
        if (!schedule) return;
        const Instant at = next_beginning(*schedule, offset, now);
        next = next ? std::min(*next, at) : at;
    };
    consider(set.settings.take);
    consider(set.settings.check);
    if (set.settings.drill) consider(set.settings.drill->when.schedule);
    return next;
}

/// After a start, and where the source is slow, what is there is not known yet.
constexpr Duration patience = std::chrono::minutes(2);

bool was_looked_at(const World& world) {
    for (const WatchedDatabase& database : world.databases) {
        for (const auto& set : database.sets) {
            if (!set->last_look) return false;
        }
    }
    return true;
}

Task<> await_first_look(const World& world) {
    const Duration begun = world.clock.uptime();
    while (!was_looked_at(world) && world.clock.uptime() - begun < patience) {
        co_await pause(world.clock, std::chrono::seconds(1));
    }
}

/// The findings of one set, or with an empty name of a database's disk or of ourselves.
std::vector<const Finding*> findings_of(
    const Told& told, const std::string& database, const std::string& set
) {
    std::vector<const Finding*> found;
    for (auto at = told.lower_bound({database, set, ""}); at != told.end(); ++at) {
        const Finding& finding = at->second.finding;
        if (finding.database != database || finding.set != set) break;
        found.push_back(&finding);
    }
    return found;
}

SetProof proof_of(const World& world, const WatchedSet& set, const Told& told, Instant now) {
    SetProof proof;
    proof.database = set.database;
    proof.set = set.settings.name;
    Proofs proofs = proofs_of(set, now);
    proof.is_listed = set.inventory.has_value();
    proof.last_backup = std::move(proofs.last_backup);
    proof.last_drill = std::move(proofs.last_drill);
    proof.next = next_run(set, spread_offset(set.database, world.settings.spread), now);
    if (const auto& drill = set.settings.drill) {
        proof.is_drilled = true;
        proof.target = drill->policy.target;
    }
    const auto findings = findings_of(told, proof.database, proof.set);
    if (findings.empty()) {
        proof.severity = Severity::unknown;
        proof.wrong = "it was not looked at yet";
    }
    for (const Finding* finding : findings) {
        if (finding->severity <= proof.severity) continue;
        proof.severity = finding->severity;
        proof.wrong = finding->check + ": " + finding->summary;
    }
    return proof;
}

std::string what_of(const Finding& finding) {
    if (finding.database != our_name) return finding.check + " of " + finding.database;
    return "backupwatch's own " + finding.check + (finding.set.empty() ? "" : " by " + finding.set);
}

}  // namespace

StreamKey digest_stream() {
    return {our_name, "", "digest"};
}

DigestFacts digest_facts(const World& world, Instant now) {
    DigestFacts facts;
    const Told told = world.told();
    for (const WatchedDatabase& database : world.databases) {
        for (const auto& set : database.sets) {
            facts.sets.push_back(proof_of(world, *set, told, now));
        }
    }
    for (const WatchedDatabase& database : world.databases) {
        if (!database.disk) continue;
        const auto findings = findings_of(told, database.name, "");
        for (const Finding* finding : findings) {
            facts.others.push_back({what_of(*finding), finding->severity, finding->summary});
        }
        if (!findings.empty()) continue;
        facts.others.push_back(
            {"disk of " + database.name, Severity::unknown, "it was not looked at yet"}
        );
    }
    for (const auto& [key, recorded] : told) {
        const Finding& finding = recorded.finding;
        // Its deliveries that go well are no news: this very message is one.
        if (finding.database != our_name) continue;
        if (!finding.set.empty() && finding.severity == Severity::ok) continue;
        facts.others.push_back({what_of(finding), finding.severity, finding.summary});
    }
    return facts;
}

Task<SlotResult> digest_slot(std::shared_ptr<World> world, DueSlot due) {
    co_await await_first_look(*world);
    const auto turn = co_await world->alerting.turn.acquire();
    const Instant now = world->clock.now();
    std::vector<Addressed> notices;
    if (now - due.slot <= stale_after) {
        notices = to_readers(*world, make_digest(digest_facts(*world, now), now));
    } else {
        spdlog::info("no digest for {}: it is too late for it", to_rfc3339(due.slot));
    }
    Outcome outcome;
    outcome.database = our_name;
    outcome.at = now;
    outcome.closes =
        Outcome::Slot{digest_stream(), due.slot, std::string(to_string(SlotResult::ok))};
    outcome.judge = world->alerting.carrying(our_name, std::move(notices));
    std::exception_ptr refusal;
    try {
        Recorded recorded = co_await world->store.commit(std::move(outcome));
        // Of a scope of its own: what is due of ourselves stays due.
        world->alerting.recorded({our_name, digest_stream().kind}, std::move(recorded));
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::rejected) world->note_store(failure.what());
        refusal = std::current_exception();
    }
    if (refusal) std::rethrow_exception(refusal);
    co_return SlotResult::ok;
}

}  // namespace backupwatch
