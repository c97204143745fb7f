#pragma once
#include "core/failure.hpp"
#include "store/store.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// A store whose disk is full while `refuses`: it reads on, and keeps no outcome.
class RefusingStore final : public Store {
  public:
    bool refuses = false;
    int commits_to_refuse = 0;  ///< the next ones, whatever `refuses`
    bool refuses_slots = false;
    int asked_for_judged_drills = 0;
    std::vector<std::string> closed;  ///< slots, as `instant result`

    Task<SlotHistory> history(StreamKey stream, Instant first_sight) override {
        return kept_->history(std::move(stream), first_sight);
    }
    Task<> open_slot(StreamKey stream, DueSlot slot, Instant now) override {
        if (refuses_slots) throw Failure(Failure::Kind::exhausted, "the disk is full");
        return kept_->open_slot(std::move(stream), slot, now);
    }
    Task<> commit(Outcome outcome) override {
        if (refuses || commits_to_refuse-- > 0)
            throw Failure(Failure::Kind::exhausted, "the disk is full");
        if (outcome.closes) {
            closed.push_back(to_rfc3339(outcome.closes->slot) + " " + outcome.closes->result);
        }
        co_await kept_->commit(std::move(outcome));
    }
    Task<Instant> first_sight(std::string database, std::string set, Instant now) override {
        return kept_->first_sight(std::move(database), std::move(set), now);
    }
    Task<std::vector<RecordedFinding>> findings() override { return kept_->findings(); }
    Task<std::vector<Backup>> failed_takes(std::string database, std::string set) override {
        return kept_->failed_takes(std::move(database), std::move(set));
    }
    Task<std::vector<Backup>> seen(std::string database, std::string set) override {
        return kept_->seen(std::move(database), std::move(set));
    }
    Task<std::vector<DrillRecord>> drills(std::string database, std::string set, int limit)
        override {
        return kept_->drills(std::move(database), std::move(set), limit);
    }
    Task<std::vector<DrillOutcome>> judged_drills(std::string database, std::string set, int limit)
        override {
        ++asked_for_judged_drills;
        return kept_->judged_drills(std::move(database), std::move(set), limit);
    }
    Task<std::optional<DrillRecord>> last_passed_drill(std::string database, std::string set)
        override {
        return kept_->last_passed_drill(std::move(database), std::move(set));
    }
    Task<std::vector<DiskSample>> disk_samples(std::string database, Instant since) override {
        return kept_->disk_samples(std::move(database), since);
    }
    Task<> probe(Instant now) override { return kept_->probe(now); }
    std::vector<std::filesystem::path> damaged_files() const override { return {}; }

  private:
    std::unique_ptr<Store> kept_ = Store::in_memory();
};

}  // namespace backupwatch
