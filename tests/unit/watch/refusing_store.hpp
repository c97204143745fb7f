#pragma once
#include "core/failure.hpp"
#include "fakes/forwarding_store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

struct KeptInMemory {
    std::unique_ptr<Store> kept = Store::in_memory();
};

/// A store whose disk is full while `refuses`: it reads on, and keeps no outcome.
class RefusingStore final : private KeptInMemory, public ForwardingStore {
  public:
    RefusingStore() : ForwardingStore(*kept) {}

    bool refuses = false;
    int commits_to_refuse = 0;  ///< the next ones, whatever `refuses`
    bool refuses_slots = false;
    bool refuses_incidents = false;
    bool refuses_findings = false;
    bool refuses_shapes = false;  ///< to say what is known of them
    bool refuses_hook_runs = false;
    int asked_for_judged_drills = 0;
    /// What was read of failed dumps is handed over only after this.
    std::function<Task<>()> before_failed_takes;
    int commits = 0;                    ///< asked for
    std::function<void()> on_recorded;  ///< before whoever asked hears of it
    std::vector<std::string> closed;    ///< slots, as `instant result`

    Task<> open_slot(StreamKey stream, DueSlot slot, Instant now) override {
        if (refuses_slots) throw Failure(Failure::Kind::exhausted, "the disk is full");
        return ForwardingStore::open_slot(std::move(stream), slot, now);
    }
    Task<std::vector<RecordedFinding>> findings() override {
        if (refuses_findings) throw Failure(Failure::Kind::unreachable, "the disk fails");
        return ForwardingStore::findings();
    }
    Task<std::vector<Incident>> incidents(Instant since) override {
        if (refuses_incidents) throw Failure(Failure::Kind::unreachable, "the disk fails");
        return ForwardingStore::incidents(since);
    }
    Task<std::optional<ShapeJudgement>> shape(std::string database, std::string set) override {
        if (refuses_shapes) throw Failure(Failure::Kind::unreachable, "the disk fails");
        return ForwardingStore::shape(std::move(database), std::move(set));
    }
    Task<> keep_shape(std::string database, std::string set, ShapeJudgement shape) override {
        if (refuses) throw Failure(Failure::Kind::exhausted, "the disk is full");
        return ForwardingStore::keep_shape(std::move(database), std::move(set), std::move(shape));
    }
    Task<std::vector<HookRun>> hook_runs(std::string database, std::string set) override {
        if (refuses_hook_runs) throw Failure(Failure::Kind::unreachable, "the disk fails");
        return ForwardingStore::hook_runs(std::move(database), std::move(set));
    }
    Task<> keep_hook_run(std::string database, std::string set, HookRun run) override {
        if (refuses) throw Failure(Failure::Kind::exhausted, "the disk is full");
        return ForwardingStore::keep_hook_run(std::move(database), std::move(set), std::move(run));
    }
    Task<Recorded> commit(Outcome outcome) override {
        ++commits;
        if (refuses || commits_to_refuse-- > 0)
            throw Failure(Failure::Kind::exhausted, "the disk is full");
        if (outcome.closes) {
            closed.push_back(to_rfc3339(outcome.closes->slot) + " " + outcome.closes->result);
        }
        Recorded recorded = co_await ForwardingStore::commit(std::move(outcome));
        if (on_recorded) on_recorded();
        co_return recorded;
    }
    Task<std::vector<Backup>> failed_takes(std::string database, std::string set) override {
        auto read = ForwardingStore::failed_takes(std::move(database), std::move(set));
        std::vector<Backup> entries = co_await std::move(read);
        if (before_failed_takes) co_await before_failed_takes();
        co_return entries;
    }
    Task<std::vector<DrillOutcome>> judged_drills(std::string database, std::string set, int limit)
        override {
        ++asked_for_judged_drills;
        return ForwardingStore::judged_drills(std::move(database), std::move(set), limit);
    }
};

}  // namespace backupwatch
