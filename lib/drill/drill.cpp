#include "drill/drill.hpp"

#include "async/as_failure.hpp"
#include "async/clock.hpp"
#include "async/undo.hpp"
#include "async/with_timeout.hpp"
#include "core/backup/drill_verdict.hpp"
#include "core/backup/left_out.hpp"
#include "core/backup/restore_errors.hpp"
#include "core/failure.hpp"
#include "drill/bring_up.hpp"
#include "drill/integrity.hpp"
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
        if (manifest.is_of_supabase) {
            co_await check_integrity(verification, manifest, sandbox, parts.job.settings.timeout);
        }
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

Task<> drill(Parts& parts, BringUp& up, DrillRoom& room) {
    BringUp::Load load = [&](const Manifest& manifest) {
        return restore_and_verify(parts, manifest, room);
    };
    co_await up.run(std::move(load));
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
    Phases phases(report.phases, progress);
    BringUp up(*job.source, job.backup.id, room, phases, progress);
    Parts parts{job, report, phases, progress};
    std::exception_ptr ended;
    try {
        auto work = as_failure(drill(parts, up, room));
        co_await with_timeout(std::move(work), job.settings.timeout, "the drill");
    } catch (const Failure& failure) {
        phases.end();
        auto& errors = report.verification.errors;
        report.result = verdict_of(failure.kind(), is_loading(report), !errors.empty());
        errors.push_back(sentence(failure));
        // It would have been told at the end of the fetch, which did not come.
        const bool is_late = failure.kind() == Failure::Kind::timeout;
        const auto& not_started = up.not_started();
        if (is_late && not_started && sentence(*not_started) != errors.back()) {
            errors.back() += "; meanwhile: " + sentence(*not_started);
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
