#include "drill/verified_restore.hpp"

#include "async/undo.hpp"
#include "core/backup/left_out.hpp"
#include "core/backup/project_queues.hpp"
#include "core/backup/projects_own.hpp"
#include "core/backup/restore_errors.hpp"
#include "core/failure.hpp"
#include "drill/bring_up.hpp"
#include "drill/integrity.hpp"
#include "drill/table_reader.hpp"
#include "drill/verify.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

/// What this machine lacks leaves the rest of what was restored full of holes: reading that back
/// would find damage everywhere, and prove none.
void require_complete(const Source::Restored& restored) {
    if (restored.missing.empty()) return;
    const auto [sentence, hint] = in_words(restored.missing);
    throw Failure(Failure::Kind::missing, sentence, hint);
}

Task<> cancel_both(TableReader& first, std::optional<TableReader>& second) {
    co_await first.cancel();
    if (second) co_await second->cancel();
}

}  // namespace

DrillReport begun_report(const DrillJob& job, Instant now) {
    DrillReport report;
    report.database = job.database;
    report.set = job.set;
    report.backup = job.backup;
    report.started_at = now;
    report.target_seconds = std::chrono::duration<double>(job.settings.policy.target).count();
    return report;
}

Task<> restore_and_verify(
    VerifiedRestore& parts,
    const Manifest& manifest,
    const Sandbox& sandbox,
    const std::function<void()>& require_alive
) {
    auto executor = co_await asio::this_coro::executor;
    TableReader::Options options;
    if (sandbox.server->is_thrown_away()) options.folder = sandbox.folder;
    options.conninfo = sandbox.server->conninfo(sandbox.database);
    options.content = parts.job.settings.verify.content;
    options.readers = parts.job.jobs;
    options.limit = parts.job.settings.timeout;
    // Readers keep a thread for as long as a table takes: on the pool that all share, the drills of
    // a fleet would leave none for anybody else.
    Pool reading(static_cast<std::size_t>(parts.job.jobs));
    TableReader::Options escaping = options;
    escaping.escapes_bytes = true;
    TableReader reader(manifest, std::move(options), reading, parts.progress, executor);
    Manifest escaped;
    std::optional<TableReader> second;

    std::exception_ptr ended;
    try {
        parts.phases.begin("restore");
        Source::OnLoaded on_loaded = [&](const std::string& table) { reader.loaded(table); };
        auto restored = co_await parts.job.source->restore(
            manifest, sandbox, std::move(on_loaded), parts.progress
        );
        require_alive();
        parts.report.commands = std::move(restored.commands);
        parts.report.for_later = std::move(restored.for_later);
        parts.report.made_roles = std::move(restored.made_roles);
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
        Manifest whole = restored.expected ? *restored.expected : manifest;
        const Manifest expected = without(std::move(whole), restored.left_out, content);
        escaped.tables = perhaps_escaped(expected, content);
        if (!escaped.tables.empty()) {
            escaped.encoding = expected.encoding;
            second.emplace(escaped, std::move(escaping), reading, parts.progress, executor);
            co_await second->finish();
            // One that cannot be read so has been read already, and differs.
            take_escaped(content, expected, second->tables());
        }
        verification = verify(expected, content, parts.job.settings.verify);
        if (restored.expected) {
            const auto& noted = sandbox.left_out.tables;
            add_projects_own(verification, manifest, expected, content, noted);
            add_logged_queues(verification, manifest, content);
        }
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
        auto cancel = cancel_both(reader, second);
        co_await undo(std::move(cancel));
        std::rethrow_exception(ended);
    }
    require_alive();
    const bool passed = parts.report.verification.errors.empty();
    parts.report.result = passed ? DrillOutcome::Result::passed : DrillOutcome::Result::failed;
}

}  // namespace backupwatch
