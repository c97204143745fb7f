#include "commands/runbook_file.hpp"
#include "commands/verbs.hpp"
#include "report/drill_text.hpp"
#include "watch/work.hpp"

namespace backupwatch {
namespace {

bool fits_drill(const WatchedSet& set) {
    return set.settings.drill.has_value();
}

}  // namespace

int exit_code(const DrillReport& report) {
    switch (report.result) {
        case DrillOutcome::Result::passed:
            return report.is_slow() ? 1 : 0;
        case DrillOutcome::Result::failed:
            return 2;
        case DrillOutcome::Result::unknown:
            break;
    }
    return 3;
}

Task<Reply> drill_command(World& world, Request request, ProgressSink progress) {
    WatchedSet& set = world.find_set(only_target(request), fits_drill);
    std::string id = text_option(request, "backup");
    const DrillReport report = co_await drill(world, set, std::move(id), std::move(progress));
    // A daemon does so by itself, beside.
    if (world.ends_with_command) co_await renew_runbook(world, set.database);
    Reply reply;
    reply.exit_code = exit_code(report);
    reply.document = to_json(report);
    reply.text = drill_text(report);
    reply.report = drill_markdown(report);
    co_return reply;
}

}  // namespace backupwatch
