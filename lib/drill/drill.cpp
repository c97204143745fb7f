#include "drill/drill.hpp"

#include "async/as_failure.hpp"
#include "async/clock.hpp"
#include "async/undo.hpp"
#include "async/with_timeout.hpp"
#include "core/backup/drill_verdict.hpp"
#include "core/failure.hpp"
#include "drill/bring_up.hpp"
#include "drill/room.hpp"
#include "drill/verified_restore.hpp"
#include "sources/source.hpp"

#include <exception>
#include <functional>
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

Task<> drill(VerifiedRestore& parts, BringUp& up, DrillRoom& room) {
    const std::function<void()> require_alive = [&room] { room.require_alive(); };
    BringUp::Load load = [&](const Manifest& manifest) {
        return restore_and_verify(parts, manifest, room.sandbox(), require_alive);
    };
    co_await up.run(std::move(load));
}

}  // namespace

Task<DrillReport> Driller::run(DrillJob job, ProgressSink progress) {
    DrillReport report = begun_report(job, clock_.now());
    const auto began = std::chrono::steady_clock::now();

    DrillRoom room(work_dir_, job.set, job.jobs, job.settings.timeout, pool_);
    if (job.address_space) room.limit_memory(*job.address_space);
    Phases phases(report.phases, progress);
    BringUp up(*job.source, job.backup.id, room, phases, progress);
    VerifiedRestore parts{job, report, phases, progress};
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
    for (const std::string& gap : gaps_()) {
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
