#include "store/store.hpp"

#include "async/pool.hpp"
#include "core/failure.hpp"
#include "store/alert_rows.hpp"
#include "store/file_verdict_rows.hpp"
#include "store/hook_rows.hpp"
#include "store/mark_rows.hpp"
#include "store/outcome_rows.hpp"
#include "store/past_rows.hpp"
#include "store/pruning.hpp"
#include "store/schema.hpp"
#include "store/shape_rows.hpp"
#include "store/slot_rows.hpp"
#include "store/source_rows.hpp"
#include "store/sqlite_failure.hpp"
#include "store/state_file.hpp"

#include <cerrno>
#include <optional>
#include <type_traits>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

Recorded write_outcome(Database& database, const Outcome& outcome) {
    if (outcome.closes) close_slot(database, *outcome.closes, outcome.at);
    write_findings(database, outcome);
    if (outcome.failed_take) write_backup(database, outcome, *outcome.failed_take);
    for (const Backup& backup : outcome.seen) write_backup(database, outcome, backup);
    forget_backups(database, outcome);
    if (outcome.hook_run) {
        write_hook_run(database, outcome.database, outcome.set, *outcome.hook_run);
    }
    if (outcome.mark) write_mark(database, *outcome.mark);
    if (outcome.drill) write_drill(database, *outcome.drill);
    if (outcome.disk) write_disk_sample(database, outcome.database, *outcome.disk);
    Recorded recorded;
    if (outcome.judge) recorded = write_judgement(database, outcome);
    prune(database, outcome.database, outcome.at);
    return recorded;
}

void write_and_read_probe(Database& database, Instant now) {
    const std::string text = to_rfc3339(now);
    database.execute(
        "INSERT INTO meta VALUES ('probe', ?1) ON CONFLICT DO UPDATE SET value = ?1", text
    );
    std::string read_back;
    Query query = database.query("SELECT value FROM meta WHERE key = 'probe'");
    if (query.next()) query.read(read_back);
    if (read_back != text) {
        throw Failure(Failure::Kind::corrupt, "the state does not give back what was written");
    }
}

class SqliteStore final : public Store {
  public:
    explicit SqliteStore(Thread thread) {
        if (thread == Thread::own) pool_.emplace(1);
    }

    Task<> open_file(fs::path folder, Instant now) {
        auto job = [this, folder, now] {
            file_ = StateFile::open(folder, now);
            damaged_files_ = damaged_states(folder);
        };
        co_await on_thread(std::move(job));
    }

    void open_memory() {
        auto database = std::make_unique<Database>(":memory:");
        bring_up_to_date(*database, schema_steps());
        memory_ = std::move(database);
    }

    Task<SlotHistory> history(StreamKey stream, Instant first_sight) override {
        auto job = [stream = std::move(stream), first_sight](Database& database) {
            return read_history(database, stream, first_sight);
        };
        co_return co_await write("read the slots", std::move(job));
    }

    Task<> open_slot(StreamKey stream, DueSlot slot, Instant now) override {
        auto job = [stream = std::move(stream), slot, now](Database& database) {
            backupwatch::open_slot(database, stream, slot, now);
        };
        co_await write("open a slot", std::move(job));
    }

    Task<Recorded> commit(Outcome outcome) override {
        auto job = [outcome = std::move(outcome)](Database& database) {
            return write_outcome(database, outcome);
        };
        co_return co_await write("record an outcome", std::move(job));
    }

    Task<Instant> first_sight(std::string database, std::string set, Instant now) override {
        auto job = [name = std::move(database), set = std::move(set), now](Database& file) {
            return read_first_sight(file, name, set, now);
        };
        const auto sight = co_await write("read the first sight of a set", std::move(job));
        if (sight.is_corrected) ++corrected_first_sights_;
        co_return sight.at;
    }

    int corrected_first_sights() const override { return corrected_first_sights_; }

    Task<std::vector<RecordedFinding>> findings() override {
        co_return co_await read("read the findings", &read_findings);
    }

    Task<std::vector<Backup>> failed_takes(std::string database, std::string set) override {
        return backups(std::move(database), std::move(set), BackupStatus::failed, Instant());
    }

    Task<std::vector<Backup>> seen(std::string database, std::string set, Instant since) override {
        return backups(std::move(database), std::move(set), BackupStatus::completed, since);
    }

    Task<std::optional<ShapeJudgement>> shape(std::string database, std::string set) override {
        return read_of_set("read what dumps hold", read_shape, std::move(database), std::move(set));
    }

    Task<> keep_shape(std::string database, std::string set, ShapeJudgement shape) override {
        return write_of_set(
            "record what a dump holds",
            write_shape,
            std::move(database),
            std::move(set),
            std::move(shape)
        );
    }

    Task<std::vector<HookRun>> hook_runs(std::string database, std::string set) override {
        return read_of_set(
            "read what is handed over", read_hook_runs, std::move(database), std::move(set)
        );
    }

    Task<> keep_hook_run(std::string database, std::string set, HookRun run) override {
        return write_of_set(
            "record what is handed over",
            write_hook_run,
            std::move(database),
            std::move(set),
            std::move(run)
        );
    }

    Task<std::vector<FileKey>> judged_files(std::string database, std::string set) override {
        return read_of_set(
            "read which files are known", read_judged_files, std::move(database), std::move(set)
        );
    }

    Task<std::optional<FileVerdict>> file_verdict(
        std::string database, std::string set, FileKey file
    ) override {
        auto job = [name = std::move(database), set = std::move(set), file = std::move(file)](
                       Database& kept
                   ) { return read_file_verdict(kept, name, set, file); };
        co_return co_await read("read what was found in a file", std::move(job));
    }

    Task<> keep_file_verdicts(std::string database, std::string set, FileVerdictChange change)
        override {
        return write_of_set(
            "record what was found in files",
            write_file_verdicts,
            std::move(database),
            std::move(set),
            std::move(change)
        );
    }

    Task<std::vector<NotedMark>> marks(std::string database, Instant since) override {
        auto job = [name = std::move(database), since](Database& file) {
            return read_marks(file, name, since);
        };
        co_return co_await read("read the marks", std::move(job));
    }

    Task<std::vector<NotedMark>> newest_marks(Instant since, int each) override {
        auto job = [since, each](Database& file) { return read_newest_marks(file, since, each); };
        co_return co_await read("read the newest marks", std::move(job));
    }

    Task<Past> past(PastQuestion question) override {
        auto job = [question = std::move(question)](Database& file) {
            return read_past(file, question);
        };
        co_return co_await read("read the past", std::move(job));
    }

    Task<std::vector<Attestation>> attestations(std::string database) override {
        auto job = [name = std::move(database)](Database& file) {
            return read_attestations(file, name);
        };
        co_return co_await read("read the attestations", std::move(job));
    }

    Task<> keep_attestation(Attestation attestation) override {
        auto job = [attestation = std::move(attestation)](Database& file) {
            write_attestation(file, attestation);
        };
        co_await write("record an attestation", std::move(job));
    }

    Task<std::string> source_note(std::string database, std::string set) override {
        return read_of_set(
            "read what a source noted", read_source_note, std::move(database), std::move(set)
        );
    }

    Task<> keep_source_note(std::string database, std::string set, std::string note) override {
        return write_of_set(
            "record what a source noted",
            write_source_note,
            std::move(database),
            std::move(set),
            std::move(note)
        );
    }

    Task<std::vector<Evidence>> evidence(std::string database, std::string set) override {
        return read_of_set(
            "read what a provider said", read_evidence, std::move(database), std::move(set)
        );
    }

    Task<> keep_evidence(std::string database, std::string set, Evidence evidence) override {
        return write_of_set(
            "record what a provider said",
            write_evidence,
            std::move(database),
            std::move(set),
            std::move(evidence)
        );
    }

    Task<std::vector<DrillRecord>> drills(std::string database, std::string set, int limit)
        override {
        auto job = [name = std::move(database), set = std::move(set), limit](Database& file) {
            return read_drills(file, name, set, limit);
        };
        co_return co_await read("read the drills", std::move(job));
    }

    Task<std::vector<DrillOutcome>> judged_drills(std::string database, std::string set, int limit)
        override {
        auto job = [name = std::move(database), set = std::move(set), limit](Database& file) {
            return read_judged_drills(file, name, set, limit);
        };
        co_return co_await read("read the judged drills", std::move(job));
    }

    Task<std::optional<DrillRecord>> last_passed_drill(std::string database, std::string set)
        override {
        return read_of_set(
            "read the last passed drill",
            read_last_passed_drill,
            std::move(database),
            std::move(set)
        );
    }

    Task<std::vector<DiskSample>> disk_samples(std::string database, Instant since) override {
        auto job = [name = std::move(database), since](Database& file) {
            return read_disk_samples(file, name, since);
        };
        co_return co_await read("read the disk's samples", std::move(job));
    }

    Task<std::vector<Incident>> incidents(Instant since) override {
        auto job = [since](Database& database) { return read_incidents(database, since); };
        co_return co_await read("read the incidents", std::move(job));
    }

    Task<std::vector<Silence>> silences(Instant now) override {
        auto job = [now](Database& database) { return read_silences(database, now); };
        co_return co_await read("read the silences", std::move(job));
    }

    Task<Silence> add_silence(Silence silence) override {
        auto job = [silence = std::move(silence)](Database& database) {
            return write_silence(database, silence);
        };
        co_return co_await write("record a silence", std::move(job));
    }

    Task<bool> remove_silence(std::int64_t id) override {
        auto job = [id](Database& database) { return delete_silence(database, id); };
        co_return co_await write("remove a silence", std::move(job));
    }

    Task<Outbox> outbox(std::int64_t after) override {
        auto job = [after](Database& database) { return read_outbox(database, after); };
        co_return co_await read("read the outbox", std::move(job));
    }

    Task<> settle(Settlement settlement) override {
        auto job = [settlement = std::move(settlement)](Database& database) {
            write_settlement(database, settlement);
        };
        co_await write("record a delivery", std::move(job));
    }

    Task<> probe(Instant now) override {
        auto job = [now](Database& database) { write_and_read_probe(database, now); };
        co_await write("write a probe", std::move(job));
    }

    std::vector<fs::path> damaged_files() const override { return damaged_files_; }

  private:
    Task<std::vector<Backup>> backups(
        std::string name, std::string set, BackupStatus status, Instant since
    ) {
        auto job = [name = std::move(name), set = std::move(set), status, since](Database& file) {
            return read_backups(file, name, set, status, since);
        };
        co_return co_await read("read the backups", std::move(job));
    }

    template <class Result>
    Task<Result> read_of_set(
        const char* action,
        Result (*reader)(Database&, const std::string& name, const std::string& set),
        std::string name,
        std::string set
    ) {
        auto job = [reader, name = std::move(name), set = std::move(set)](Database& file) {
            return reader(file, name, set);
        };
        co_return co_await read(action, std::move(job));
    }

    template <class Value>
    Task<> write_of_set(
        const char* action,
        void (*writer)(Database&, const std::string& name, const std::string& set, const Value&),
        std::string name,
        std::string set,
        Value value
    ) {
        auto job = [writer, name = std::move(name), set = std::move(set), value = std::move(value)](
                       Database& file
                   ) { writer(file, name, set, value); };
        // NOLINTNEXTLINE(bugprone-use-after-move): clang 14 takes the name of a capture for a use
        co_await write(action, std::move(job));
    }

    /// `job(database)` in a transaction of its own.
    template <class Job>
    Task<std::invoke_result_t<Job&, Database&>> write(const char* action, Job job) {
        auto whole = [job = std::move(job)](Database& database) mutable {
            Transaction transaction(database);
            if constexpr (std::is_void_v<std::invoke_result_t<Job&, Database&>>) {
                job(database);
                transaction.commit();
            } else {
                auto result = job(database);
                transaction.commit();
                return result;
            }
        };
        co_return co_await read(action, std::move(whole));
    }

    template <class Job>
    Task<std::invoke_result_t<Job&, Database&>> read(const char* action, Job job) {
        auto guarded = [this, action, job = std::move(job)]() mutable {
            return guard(action, job);
        };
        co_return co_await on_thread(std::move(guarded));
    }

    template <class Job>
    Task<std::invoke_result_t<Job&>> on_thread(Job job) {
        if (!pool_) co_return job();
        co_return co_await pool_->run(std::move(job));
    }

    /// Turns what SQLite throws into a Failure. Once damage was met, nothing in the file is
    /// believed or written any more.
    template <class Job>
    auto guard(const char* action, Job& job) {
        if (damage_) throw *damage_;
        // What SQLite's own record of it (sqlite3_system_errno) forgets for a log that cannot grow.
        errno = 0;
        try {
            if (file_) file_->expect_in_place();
            return job(database());
        } catch (const SQLite::Exception& error) {
            const Failure failure = sqlite_failure(action, path(), error, errno);
            if (failure.kind() == Failure::Kind::corrupt) damage_ = failure;
            throw failure;
        } catch (const Failure& failure) {
            if (failure.kind() == Failure::Kind::corrupt) damage_ = failure;
            throw;
        }
    }

    Database& database() { return file_ ? file_->database() : *memory_; }
    fs::path path() const { return file_ ? file_->path() : ":memory:"; }

    std::vector<fs::path> damaged_files_;
    int corrected_first_sights_ = 0;
    // Touched by the thread alone, once it runs.
    std::unique_ptr<StateFile> file_;
    std::unique_ptr<Database> memory_;
    std::optional<Failure> damage_;
    // Last, so that it ends first.
    std::optional<Pool> pool_;
};

}  // namespace

Task<std::unique_ptr<Store>> Store::open(fs::path state_dir, Instant now, Thread thread) {
    auto store = std::make_unique<SqliteStore>(thread);
    co_await store->open_file(std::move(state_dir), now);
    co_return std::move(store);
}

std::unique_ptr<Store> Store::in_memory() {
    auto store = std::make_unique<SqliteStore>(Thread::callers);
    store->open_memory();
    return store;
}

}  // namespace backupwatch
