#include "drill/restore.hpp"

#include "async/as_failure.hpp"
#include "async/clock.hpp"
#include "async/undo.hpp"
#include "core/backup/project_webhooks.hpp"
#include "core/backup/undumped_queues.hpp"
#include "core/failure.hpp"
#include "core/wording/restore_steps.hpp"
#include "core/words.hpp"
#include "drill/bring_up.hpp"
#include "drill/room.hpp"
#include "drill/verified_restore.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

std::string backup_of(const RestoreJob& job) {
    return job.backup.database + "/" + job.backup.set + " " + job.backup.backup.id;
}

void ask_backup(TargetDatabase& target, const RestoreJob& job) {
    target.ask_of_backup([&job](NeededPerhaps perhaps) {
        return job.backup.source->fit_for_project(job.backup.backup.id, std::move(perhaps));
    });
}

/// One restore, from the fetch to the mark that it has ended.
class Restoring {
  public:
    Restoring(RestoreJob& job, TargetServer& server, TargetDatabase& target, DrillRoom& room)
        : job_(job), server_(server), target_(target), room_(room) {}

    Task<> run(DrillReport& report, ProgressSink progress) {
        Phases phases(report.phases, progress);
        phases.begin("fetch");
        const Manifest manifest = co_await job_.backup.source->manifest(job_.backup.backup.id);
        const std::string id = manifest.id;
        const std::string unfit = co_await job_.backup.source->unfit_to_stay(id);
        if (!unfit.empty()) require_accepted(unfit_for_restore(id, unfit));
        co_await target_.hold();
        ask_backup(target_, job_);
        facts_ = co_await target_.look(manifest, backup_of(job_), job_.watched);
        const TargetDecision decision = decide_target(facts_);
        require_accepted(decision);
        step_ = decision.step;
        Sandbox into = sandbox();
        co_await room_.prepare_for(std::move(into), manifest);
        VerifiedRestore parts{job_.backup, report, phases, progress};
        auto work = fetch_and_restore(parts, manifest);
        co_await room_.use(std::move(work));
        report.not_marked = co_await mark_ended();
    }

  private:
    Sandbox sandbox() {
        Sandbox into;
        into.server = &server_;
        into.database = server_.database();
        into.make_database = [this](const Manifest& manifest) {
            return target_.make(manifest, facts_);
        };
        if (TargetDecision::is_of_project(step_)) {
            into.last_statement = [this] { return target_.mark_of_load(backup_of(job_)); };
            into.is_loaded = step_ == TargetDecision::Step::verify_project;
            into.left_out = facts_.database->project->left_out;
            into.notes = facts_.database->project->notes;
        }
        return into;
    }

    /// Why it could not be; empty: it was. What is verified is told all the same, but of a database
    /// that is another's by now.
    Task<std::string> mark_ended() {
        std::string why;
        try {
            co_await target_.mark_ended(backup_of(job_));
        } catch (const Failure& failure) {
            if (target_.left() != LeftInPlace::whole) throw;
            why = failure.what();
        } catch (const boost::system::system_error& error) {
            if (error.code() != asio::error::operation_aborted) throw;
            if (target_.left() != LeftInPlace::whole) throw;
            why = "it was interrupted";
        }
        co_return why;
    }

    Task<> fetch_and_restore(VerifiedRestore& parts, const Manifest& manifest) {
        const std::string id = job_.backup.backup.id;
        co_await job_.backup.source->fetch(id, room_.sandbox(), parts.progress);
        const std::function<void()> it_stays = [] {};
        co_await restore_and_verify(parts, manifest, room_.sandbox(), it_stays);
        // Those of a drill make the database and its roles otherwise.
        parts.report.commands.clear();
    }

    RestoreJob& job_;
    TargetServer& server_;
    TargetDatabase& target_;
    DrillRoom& room_;
    TargetFacts facts_;
    TargetDecision::Step step_ = TargetDecision::Step::refuse;
};

}  // namespace

Task<RestoreOutlook> Restorer::look(const RestoreJob& job) {
    const std::string id = job.backup.backup.id;
    const Manifest manifest = co_await job.backup.source->manifest(id);
    TargetServer server(job.url);
    TargetDatabase target(server, clock_);
    ask_backup(target, job);
    RestoreOutlook outlook;
    outlook.facts = co_await target.look(manifest, backup_of(job), job.watched);
    outlook.is_same_server = !manifest.system_identifier.empty() &&
                             manifest.system_identifier == outlook.facts.system_identifier;
    outlook.old_name = manifest.database_name;
    outlook.not_held = manifest.not_held;
    outlook.webhooks = project_webhooks(manifest);
    outlook.undumped_queues = names_of(manifest.undumped_queues);
    const std::string unfit = co_await job.backup.source->unfit_to_stay(id);
    outlook.decision = decide_target(outlook.facts);
    if (!unfit.empty()) outlook.decision = unfit_for_restore(id, unfit);
    co_return outlook;
}

Task<DrillReport> Restorer::run(RestoreJob job, ProgressSink progress) {
    DrillReport report = begun_report(job.backup, clock_.now());
    const auto began = std::chrono::steady_clock::now();
    TargetServer server(job.url);
    TargetDatabase target(server, clock_);
    const Duration limit = job.backup.settings.timeout;
    DrillRoom room(work_dir_, job.backup.set, job.backup.jobs, limit, pool_);
    Restoring restoring(job, server, target, room);
    std::exception_ptr ended;
    std::optional<Failure> failed;
    try {
        auto work = as_failure(restoring.run(report, std::move(progress)));
        co_await std::move(work);
    } catch (const Failure& failure) {
        failed = failure;
    } catch (...) {
        ended = std::current_exception();
    }
    // What is left of it is for the next start to remove.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (failed) co_await target.see_what_is_left();
    auto removal = room.remove();
    co_await undo(std::move(removal));
    if (ended) std::rethrow_exception(ended);
    if (failed) {
        const std::string left = left_by_failure(failed->hint(), server.place(), target.left());
        throw Failure(failed->kind(), failed->what(), left);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    report.seconds = took.count();
    co_return report;
}

}  // namespace backupwatch
