#include "commands/documents.hpp"
#include "commands/provider_restore.hpp"
#include "commands/restore_report.hpp"
#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "drill/pages.hpp"
#include "json/text.hpp"
#include "report/restore_text.hpp"
#include "watch/restore_backup.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/system/system_error.hpp>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int only_shown = 1;
constexpr int refused = 2;

bool fits_restore(const WatchedSet& set) {
    return set.source->can_restore();
}

RestoreRequest restore_request(const Request& request) {
    RestoreRequest wanted;
    wanted.choice = backup_choice(request);
    wanted.into = text_option(request, "into");
    wanted.asked_by = request.asker.uid.value_or(::geteuid());
    if (wanted.choice.id.empty() == !wanted.choice.before) {
        throw Failure(
            Failure::Kind::usage,
            "restore takes either a backup's ID or a time that it is from before",
            "`backupwatch list " + only_target(request) + "` shows what there is."
        );
    }
    if (wanted.into.empty()) {
        throw Failure(
            Failure::Kind::usage,
            "restore is not told where to",
            "name one of `restore_targets` with --into."
        );
    }
    return wanted;
}

json::array texts(const std::vector<std::string>& lines) {
    return json::array(lines.begin(), lines.end());
}

json::array pages_json(const std::vector<VerifiedCheck>& pages) {
    json::array list;
    for (const VerifiedCheck& page : pages) {
        list.push_back(json::object{{"url", page.name}, {"ok", page.ok}, {"detail", page.detail}});
    }
    return list;
}

const char* to_string(TargetDecision::Step step) {
    switch (step) {
        case TargetDecision::Step::create:
            return "create";
        case TargetDecision::Step::fill:
            return "fill";
        case TargetDecision::Step::fill_project:
            return "fill_project";
        case TargetDecision::Step::verify_project:
            return "verify_project";
        case TargetDecision::Step::begin_anew:
            return "begin_anew";
        case TargetDecision::Step::refuse:
            break;
    }
    return "refuse";
}

json::object document_of(const RestoreFacts& facts) {
    const TargetDecision& decision = facts.outlook.decision;
    const auto lost = facts.now - facts.backup.started_at;
    return {
        {"set", facts.set},
        {"backup", backup_json(facts.backup)},
        {"proof", proof_of(facts.drill)},
        {"data_loss_seconds", std::chrono::duration_cast<std::chrono::seconds>(lost).count()},
        {"into", facts.into},
        {"place", facts.outlook.facts.place},
        {"found", decision.sentence},
        {"step", to_string(decision.step)},
        {"hint", decision.hint},
        {"restored", nullptr},
        {"next", texts(facts.next_steps())},
    };
}

RestoreFacts facts_of(
    const World& world,
    const WatchedSet& set,
    const RestoreRequest& wanted,
    const PlannedRestore& plan
) {
    RestoreFacts facts;
    facts.set = target_of(set);
    facts.into = wanted.into;
    facts.backup = plan.job.backup.backup;
    if (plan.drill) facts.drill = plan.drill->outcome;
    for (const DatabaseSettings& database : world.settings.databases) {
        if (database.name == set.database) facts.runbook = database.runbook;
    }
    facts.outlook = plan.outlook;
    facts.now = world.clock.now();
    return facts;
}

/// A person types what is written to, so that no slip of a name restores into another server.
void require_confirmed(const std::string& confirmed, const std::string& place) {
    if (confirmed == place) return;
    throw Failure(
        Failure::Kind::usage,
        "--confirm names " + quoted_line(confirmed) + ", and this target is " + quoted_line(place) +
            ": nothing was done",
        "compare --into with `restore_targets`."
    );
}

/// Also of one that was not finished there is a report: how far it came, and what it left.
Task<DrillReport> restore_or_report(
    World& world,
    WatchedSet& set,
    PlannedRestore plan,
    const RestoreFacts& facts,
    uid_t who,
    ProgressSink progress
) {
    std::optional<Failure> failed;
    std::exception_ptr ended;
    DrillReport report;
    try {
        report = co_await restore_backup(world, set, std::move(plan), who, std::move(progress));
    } catch (const Failure& failure) {
        failed = failure;
    } catch (...) {
        ended = std::current_exception();
        failed = Failure(
            Failure::Kind::cancelled,
            "it was interrupted",
            left_by_interruption(facts.outlook.decision.step)
        );
    }
    if (!failed) co_return report;
    // Whoever asked may be gone: all the more it is written down.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const std::string text = unfinished_markdown(facts, *failed);
    const fs::path file = restore_report_file(world, set.database);
    const std::string kept = co_await keep_restore_report(world, file, text);
    if (ended) std::rethrow_exception(ended);
    throw Failure(failed->kind(), failed->what(), failed->hint() + " The report: " + kept);
}

/// The application may be down, and each page then takes its time: whoever ends that ends nothing
/// else, since the restore is over.
Task<> ask_pages_of(World& world, RestoreFacts& facts) {
    if (!facts.runbook) co_return;
    const NetworkSettings as_the_environment_says;
    try {
        facts.pages = co_await ask_pages(world.web, facts.runbook->verify, as_the_environment_says);
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
    }
}

}  // namespace

Task<Reply> restore_command(World& world, Request request, ProgressSink progress) {
    WatchedSet& set = world.find_set(only_target(request), fits_restore);
    if (!set.source->can_restore()) {
        Reply steps = co_await restore_of_provider(world, set, request);
        co_return steps;
    }
    const RestoreRequest wanted = restore_request(request);
    PlannedRestore plan = co_await prepare_restore(world, set, wanted);
    RestoreFacts facts = facts_of(world, set, wanted, plan);
    Reply reply;
    reply.document = document_of(facts);
    reply.text = planned_text(facts);
    reply.exit_code = refused;
    if (facts.outlook.decision.step == TargetDecision::Step::refuse) co_return reply;
    reply.exit_code = only_shown;
    const std::string confirmed = text_option(request, "confirm");
    if (confirmed.empty()) co_return reply;
    require_confirmed(confirmed, facts.outlook.facts.place);

    const DrillReport report = co_await restore_or_report(
        world, set, std::move(plan), facts, wanted.asked_by, std::move(progress)
    );
    facts.for_later = report.for_later;
    facts.made_roles = report.made_roles;
    facts.not_marked = report.not_marked;
    // Kept before anything else is waited for, and again with what the pages answer.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const fs::path file = restore_report_file(world, set.database);
    reply.report = restored_markdown(facts, report);
    facts.kept_in = co_await keep_restore_report(world, file, reply.report);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_await ask_pages_of(world, facts);
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const bool passed = report.result == DrillOutcome::Result::passed;
    reply.exit_code = passed && report.not_marked.empty() ? 0 : refused;
    reply.document.as_object()["restored"] = to_json(report);
    reply.document.as_object()["not_marked"] = text_or_null(report.not_marked);
    reply.document.as_object()["pages"] = pages_json(facts.pages);
    reply.document.as_object()["next"] = texts(facts.next_steps());
    reply.report = restored_markdown(facts, report);
    if (!facts.pages.empty()) {
        facts.kept_in = co_await keep_restore_report(world, file, reply.report);
    }
    reply.document.as_object()["report"] = facts.kept_in;
    reply.text = restored_text(facts, report);
    co_return reply;
}

}  // namespace backupwatch
