#include "async/as_failure.hpp"
#include "async/undo.hpp"
#include "async/with_timeout.hpp"
#include "core/backup/restore_errors.hpp"
#include "drill/bring_up.hpp"
#include "drill/drill.hpp"
#include "drill/room.hpp"
#include "postgres/admission.hpp"
#include "postgres/connection.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration question_limit = std::chrono::minutes(1);
constexpr Duration between_looks_at_server = std::chrono::seconds(1);

/// What this machine lacks, or damage, may have kept it from being made at all.
Task<> require_database(const Sandbox& sandbox, const Source::Restored& restored) {
    const Secret conninfo = sandbox.server->conninfo("postgres");
    const Connection::Settings none;
    auto server = co_await Connection::connect(conninfo, none, question_limit);
    const auto found = co_await server->query(
        "SELECT count(*) FROM pg_database WHERE datname = " + quote_literal(sandbox.database),
        question_limit
    );
    if (found.single() != "0") co_return;
    if (!restored.missing.empty()) {
        throw Failure(
            Failure::Kind::missing,
            in_words(restored.missing).first,
            restored.missing.front().installing + ", then open it again."
        );
    }
    const std::string why = restored.errors.empty() ? "" : ": " + restored.errors.front();
    throw Failure(Failure::Kind::corrupt, "nothing of it can be restored" + why);
}

/// One that is opened.
class Opening {
  public:
    Opening(const OpenJob& job, DrillRoom& room, ProgressSink progress, Pool& pool)
        : job_(job), room_(room), progress_(std::move(progress)), pool_(pool) {}

    Task<> restore() {
        std::vector<DrillReport::Phase> timed;
        Phases phases(timed, progress_);
        BringUp up(*job_.backup.source, job_.backup.backup.id, room_, phases, progress_);
        BringUp::Load load = [&](const Manifest& manifest) { return load_into(manifest, phases); };
        co_await up.run(std::move(load));
    }

    Task<> hand_over_and_keep(const Driller::HandOver& hand_over) {
        co_await let_reader_in();
        auto showing = hand_over(room_.sandbox(), restored_);
        co_await std::move(showing);
        asio::steady_timer pause(co_await asio::this_coro::executor);
        const auto end = std::chrono::steady_clock::now() + job_.hold;
        for (auto now = std::chrono::steady_clock::now(); now < end;
             now = std::chrono::steady_clock::now()) {
            room_.require_alive();
            pause.expires_at(std::min(end, now + between_looks_at_server));
            co_await pause.async_wait(asio::use_awaitable);
        }
    }

  private:
    Task<> load_into(const Manifest& manifest, Phases& phases) {
        phases.begin("restore");
        Source::OnLoaded nobody_reads_it = [](const std::string&) {};
        restored_ = co_await job_.backup.source->restore(
            manifest, room_.sandbox(), std::move(nobody_reads_it), progress_
        );
        room_.require_alive();
        co_await require_database(room_.sandbox(), restored_);
    }

    /// Where that cannot be done, it is told by who then cannot enter.
    Task<> let_reader_in() {
        const Sandbox& sandbox = room_.sandbox();
        const uid_t owner = sandbox.user ? sandbox.user->uid : ::geteuid();
        if (!job_.reader || *job_.reader == 0 || *job_.reader == owner) co_return;
        auto let_in = [&sandbox, owner, reader = *job_.reader] {
            return admit(sandbox.folder, sandbox.cluster->socket_folder(), owner, reader);
        };
        co_await pool_.run(std::move(let_in));
    }

    const OpenJob& job_;
    DrillRoom& room_;
    ProgressSink progress_;
    Pool& pool_;
    Source::Restored restored_;
};

}  // namespace

Task<> Driller::open(OpenJob job, ProgressSink progress, HandOver hand_over) {
    const Duration limit = job.backup.settings.timeout;
    DrillRoom room(work_dir_, job.backup.set, job.backup.jobs, limit, pool_);
    Opening opening(job, room, progress, pool_);
    std::exception_ptr ended;
    try {
        auto restore = as_failure(opening.restore());
        co_await with_timeout(std::move(restore), limit, "the restore");
        auto keep = as_failure(opening.hand_over_and_keep(hand_over));
        co_await room.use(std::move(keep));
    } catch (...) {
        ended = std::current_exception();
    }
    // What is left of it is for the next start to remove.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto removal = room.remove();
    co_await undo(std::move(removal));
    if (ended) std::rethrow_exception(ended);
}

}  // namespace backupwatch
