#pragma once
#include "store/store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// Another store, seen through: a test overrides what is to go wrong.
class ForwardingStore : public Store {
  public:
    explicit ForwardingStore(Store& kept) : kept_(kept) {}

    Task<SlotHistory> history(StreamKey stream, Instant first) override {
        touch();
        return kept_.history(std::move(stream), first);
    }
    Task<> open_slot(StreamKey stream, DueSlot slot, Instant now) override {
        touch();
        return kept_.open_slot(std::move(stream), slot, now);
    }
    Task<Recorded> commit(Outcome outcome) override {
        touch();
        return kept_.commit(std::move(outcome));
    }
    Task<Instant> first_sight(std::string database, std::string set, Instant now) override {
        touch();
        return kept_.first_sight(std::move(database), std::move(set), now);
    }
    int corrected_first_sights() const override { return kept_.corrected_first_sights(); }
    Task<std::vector<RecordedFinding>> findings() override {
        touch();
        return kept_.findings();
    }
    Task<std::vector<Backup>> failed_takes(std::string database, std::string set) override {
        touch();
        return kept_.failed_takes(std::move(database), std::move(set));
    }
    Task<std::vector<Backup>> seen(std::string database, std::string set, Instant since) override {
        touch();
        return kept_.seen(std::move(database), std::move(set), since);
    }
    Task<std::optional<ShapeJudgement>> shape(std::string database, std::string set) override {
        touch();
        return kept_.shape(std::move(database), std::move(set));
    }
    Task<> keep_shape(std::string database, std::string set, ShapeJudgement shape) override {
        touch();
        return kept_.keep_shape(std::move(database), std::move(set), std::move(shape));
    }
    Task<std::vector<HookRun>> hook_runs(std::string database, std::string set) override {
        touch();
        return kept_.hook_runs(std::move(database), std::move(set));
    }
    Task<> keep_hook_run(std::string database, std::string set, HookRun run) override {
        touch();
        return kept_.keep_hook_run(std::move(database), std::move(set), std::move(run));
    }
    Task<std::vector<FileKey>> judged_files(std::string database, std::string set) override {
        touch();
        return kept_.judged_files(std::move(database), std::move(set));
    }
    Task<std::optional<FileVerdict>> file_verdict(
        std::string database, std::string set, FileKey file
    ) override {
        touch();
        return kept_.file_verdict(std::move(database), std::move(set), std::move(file));
    }
    Task<> keep_file_verdicts(std::string database, std::string set, FileVerdictChange change)
        override {
        touch();
        return kept_.keep_file_verdicts(std::move(database), std::move(set), std::move(change));
    }
    Task<std::vector<NotedMark>> marks(std::string database, Instant since) override {
        touch();
        return kept_.marks(std::move(database), since);
    }
    Task<std::vector<NotedMark>> newest_marks(Instant since, int each) override {
        touch();
        return kept_.newest_marks(since, each);
    }
    Task<Past> past(PastQuestion question) override {
        touch();
        return kept_.past(std::move(question));
    }
    Task<std::vector<Attestation>> attestations(std::string database) override {
        touch();
        return kept_.attestations(std::move(database));
    }
    Task<> keep_attestation(Attestation attestation) override {
        touch();
        return kept_.keep_attestation(std::move(attestation));
    }
    Task<std::string> source_note(std::string database, std::string set) override {
        touch();
        return kept_.source_note(std::move(database), std::move(set));
    }
    Task<> keep_source_note(std::string database, std::string set, std::string note) override {
        touch();
        return kept_.keep_source_note(std::move(database), std::move(set), std::move(note));
    }
    Task<std::vector<Evidence>> evidence(std::string database, std::string set) override {
        touch();
        return kept_.evidence(std::move(database), std::move(set));
    }
    Task<> keep_evidence(std::string database, std::string set, Evidence evidence) override {
        touch();
        return kept_.keep_evidence(std::move(database), std::move(set), std::move(evidence));
    }
    Task<std::vector<DrillRecord>> drills(std::string database, std::string set, int limit)
        override {
        touch();
        return kept_.drills(std::move(database), std::move(set), limit);
    }
    Task<std::vector<DrillOutcome>> judged_drills(std::string database, std::string set, int limit)
        override {
        touch();
        return kept_.judged_drills(std::move(database), std::move(set), limit);
    }
    Task<std::optional<DrillRecord>> last_passed_drill(std::string database, std::string set)
        override {
        touch();
        return kept_.last_passed_drill(std::move(database), std::move(set));
    }
    Task<std::vector<DiskSample>> disk_samples(std::string database, Instant since) override {
        touch();
        return kept_.disk_samples(std::move(database), since);
    }
    Task<std::vector<Incident>> incidents(Instant since) override {
        touch();
        return kept_.incidents(since);
    }
    Task<std::vector<Silence>> silences(Instant now) override {
        touch();
        return kept_.silences(now);
    }
    Task<Silence> add_silence(Silence silence) override {
        touch();
        return kept_.add_silence(std::move(silence));
    }
    Task<bool> remove_silence(std::int64_t id) override {
        touch();
        return kept_.remove_silence(id);
    }
    Task<Outbox> outbox(std::int64_t after) override {
        touch();
        return kept_.outbox(after);
    }
    Task<> settle(Settlement settlement) override {
        touch();
        return kept_.settle(std::move(settlement));
    }
    Task<> probe(Instant now) override {
        touch();
        return kept_.probe(now);
    }
    std::vector<std::filesystem::path> damaged_files() const override {
        return kept_.damaged_files();
    }

  protected:
    /// Before each use: throws what the store is to throw.
    virtual void touch() {}

  private:
    Store& kept_;
};

}  // namespace backupwatch
