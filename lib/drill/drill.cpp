#include "drill/drill.hpp"

#include "async/as_failure.hpp"
#include "async/clock.hpp"
#include "async/together.hpp"
#include "async/undo.hpp"
#include "async/with_timeout.hpp"
#include "core/backup/drill_verdict.hpp"
#include "core/backup/left_out.hpp"
#include "core/backup/restore_errors.hpp"
#include "core/failure.hpp"
#include "drill/room.hpp"
#include "drill/table_reader.hpp"
#include "drill/verify.hpp"
#include "postgres/drill_fence.hpp"
#include "sources/source.hpp"

#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// From when a crash breaks the connections to when the server has ended its other processes.
constexpr Duration last_moments = std::chrono::seconds(2);

/// Runs the phases of one drill in order and times them into the report.
class Phases {
  public:
    Phases(DrillReport& report, ProgressSink& progress) : report_(report), progress_(progress) {}

    void begin(const std::string& name) {
        end();
        report_.phases.push_back({name, 0});
        began_ = std::chrono::steady_clock::now();
        progress_(Progress{name});
    }
    void end() {
        if (report_.phases.empty()) return;
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
        report_.phases.back().seconds = took.count();
    }

  private:
    DrillReport& report_;
    ProgressSink& progress_;
    std::chrono::steady_clock::time_point began_;
};

bool is_loading(const DrillReport& report) {
    const std::string phase = report.phases.empty() ? "" : report.phases.back().name;
    return phase == "restore" || phase == "verify";
}

std::string sentence(const Failure& failure) {
    return failure.hint().empty() ? failure.what()
                                  : failure.what() + std::string(": ") + failure.hint();
}

struct Parts {
    const DrillJob& job;
    DrillReport& report;
    Phases& phases;
    ProgressSink progress;
    std::optional<Failure> not_started{};  ///< what kept the server from starting
};

/// What this machine lacks leaves the rest of what was restored full of holes: reading that back
/// would find damage everywhere, and prove none.
void require_complete(const Source::Restored& restored) {
    if (restored.missing.empty()) return;
    const auto [sentence, hint] = in_words(restored.missing);
    throw Failure(Failure::Kind::missing, sentence, hint);
}

/// Restores into the room's cluster while restored tables are read back, then verifies the rest.
Task<> restore_and_verify(Parts& parts, const Manifest& manifest, DrillRoom& room) {
    const Sandbox& sandbox = room.sandbox();
    auto executor = co_await asio::this_coro::executor;
    TableReader::Options options;
    options.folder = sandbox.folder;
    options.conninfo = sandbox.cluster->conninfo(sandbox.database);
    options.content = parts.job.settings.verify.content;
    options.readers = parts.job.jobs;
    options.limit = parts.job.settings.timeout;
    // Readers keep a thread for as long as a table takes: on the pool that all share, the drills of
    // a fleet would leave none for anybody else.
    Pool reading(static_cast<std::size_t>(parts.job.jobs));
    TableReader reader(manifest, std::move(options), reading, parts.progress, executor);

    std::exception_ptr ended;
    try {
        parts.phases.begin("restore");
        Source::OnLoaded on_loaded = [&](const std::string& table) { reader.loaded(table); };
        auto restored = co_await parts.job.source->restore(
            manifest, sandbox, std::move(on_loaded), parts.progress
        );
        room.require_alive();
        parts.report.commands = std::move(restored.commands);
        auto& verification = parts.report.verification;
        // Findings already, whatever becomes of the reading.
        verification.errors = restored.errors;
        verification.skipped = restored.notes;
        require_complete(restored);

        parts.phases.begin("verify");
        for (const std::string& table : restored.left_out.tables) reader.leave_out(table);
        co_await reader.finish();
        RestoredContent content;
        content.tables = reader.tables();
        co_await read_restored(content, sandbox, manifest, reading, parts.job.settings.timeout);
        const Manifest expected = without(manifest, restored.left_out, content);
        verification = verify(expected, content, parts.job.settings.verify);
        add_errors(verification, "restored without errors", restored.errors);
        add_errors(verification, "every table can be read back", reader.errors());
        auto& skipped = verification.skipped;
        skipped.insert(skipped.begin(), restored.notes.begin(), restored.notes.end());
        co_await run_queries(
            verification,
            parts.job.settings.queries,
            restored.left_out,
            sandbox,
            reading,
            parts.job.settings.timeout
        );
        parts.phases.end();
    } catch (...) {
        ended = std::current_exception();
    }
    if (ended) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        auto cancel = reader.cancel();
        co_await undo(std::move(cancel));
        std::rethrow_exception(ended);
    }
    room.require_alive();
}

Task<> fetch(Parts& parts, const DrillRoom& room) {
    co_await parts.job.source->fetch(parts.job.backup.id, room.sandbox(), parts.progress);
    parts.phases.begin("start");
}

/// A failure is kept: it must not end the fetch, which may yet find the backup damaged.
Task<> start_cluster(DrillRoom& room, std::optional<Failure>& failure) {
    try {
        auto start = as_failure(room.start_cluster());
        co_await std::move(start);
    } catch (const Failure& caught) {
        failure = caught;
    }
}

/// The server starts while files are unpacked; the phase "start" is what that leaves of it. What
/// keeps a server from starting here comes before all that the fetch says, but of damage.
Task<> fetch_and_start(Parts& parts, DrillRoom& room) {
    std::vector<Task<>> both;
    both.push_back(as_failure(fetch(parts, room)));
    both.push_back(start_cluster(room, parts.not_started));
    try {
        co_await together(std::move(both));
    } catch (const Failure& failure) {
        if (failure.kind() == Failure::Kind::corrupt || !parts.not_started) throw;
    }
    if (parts.not_started) throw Failure(*parts.not_started);
}

Task<> work_in_cluster(Parts& parts, const Manifest& manifest, DrillRoom& room) {
    room.require_alive();
    co_await restore_and_verify(parts, manifest, room);
}

Task<> use_cluster(Parts& parts, const Manifest& manifest, DrillRoom& room) {
    std::optional<Failure> failed;
    try {
        auto work = as_failure(work_in_cluster(parts, manifest, room));
        co_await std::move(work);
    } catch (const Failure& failure) {
        failed = failure;
    }
    if (!failed) co_return;
    // Where the server has ended, what it was in the middle of only says that it is gone. Its
    // connections break a moment before it has ended.
    if (failed->kind() == Failure::Kind::unreachable) co_await room.await_death(last_moments);
    if (failed->kind() != Failure::Kind::corrupt) room.require_alive();
    throw Failure(*failed);
}

Task<> fetch_start_and_use(Parts& parts, const Manifest& manifest, DrillRoom& room) {
    co_await fetch_and_start(parts, room);
    co_await use_cluster(parts, manifest, room);
}

Task<> drill(Parts& parts, DrillRoom& room) {
    parts.phases.begin("fetch");
    const Manifest manifest = co_await parts.job.source->manifest(parts.job.backup.id);
    co_await room.prepare(manifest);
    auto work = fetch_start_and_use(parts, manifest, room);
    co_await room.use(std::move(work));
    const bool passed = parts.report.verification.errors.empty();
    parts.report.result = passed ? DrillOutcome::Result::passed : DrillOutcome::Result::failed;
}

}  // namespace

Task<DrillReport> Driller::run(DrillJob job, ProgressSink progress) {
    DrillReport report;
    report.database = job.database;
    report.set = job.set;
    report.backup = job.backup;
    report.started_at = clock_.now();
    report.target_seconds = std::chrono::duration<double>(job.settings.policy.target).count();
    const auto began = std::chrono::steady_clock::now();

    DrillRoom room(work_dir_, job.set, job.jobs, job.settings.timeout, pool_);
    if (job.address_space) room.limit_memory(*job.address_space);
    Phases phases(report, progress);
    Parts parts{job, report, phases, progress};
    std::exception_ptr ended;
    try {
        auto work = as_failure(drill(parts, room));
        co_await with_timeout(std::move(work), job.settings.timeout, "the drill");
    } catch (const Failure& failure) {
        phases.end();
        auto& errors = report.verification.errors;
        report.result = verdict_of(failure.kind(), is_loading(report), !errors.empty());
        errors.push_back(sentence(failure));
        // It would have been told at the end of the fetch, which did not come.
        const bool is_late = failure.kind() == Failure::Kind::timeout;
        if (is_late && parts.not_started && sentence(*parts.not_started) != errors.back()) {
            errors.back() += "; meanwhile: " + sentence(*parts.not_started);
        }
    } catch (...) {
        ended = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    try {
        auto removal = as_failure(room.remove());
        co_await std::move(removal);
    } catch (const Failure& failure) {
        // The verdict stands; what is left is for the next start to remove.
        report.verification.skipped.push_back({"removing the throw-away cluster", failure.what()});
    }
    for (const std::string& gap : sandbox_gaps()) {
        report.verification.skipped.push_back({"sandbox", gap});
    }
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (ended) std::rethrow_exception(ended);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    report.seconds = took.count();
    co_return report;
}

Task<> Driller::clean_up(HangingCalls& calls) {
    co_await DrillRoom::clean_up(work_dir_, calls);
}

}  // namespace backupwatch
