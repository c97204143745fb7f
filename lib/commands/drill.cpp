#include "commands/verbs.hpp"
#include "report/drill_text.hpp"
#include "watch/work.hpp"

namespace backupwatch {
namespace {

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

}  // namespace

Task<Reply> drill_command(World& world, Request request, ProgressSink progress) {
    WatchedSet& set = world.find_set(request.targets.at(0));
    const boost::json::value* chosen = request.options.if_contains("backup");
    std::string id = chosen == nullptr ? std::string() : std::string(chosen->as_string());
    const SlotOf by_hand;
    const DrillReport report =
        co_await drill(world, set, std::move(id), by_hand, Caller::person, std::move(progress));
    Reply reply;
    reply.exit_code = exit_code(report);
    reply.document = to_json(report);
    reply.text = drill_text(report);
    reply.report = drill_markdown(report);
    co_return reply;
}

}  // namespace backupwatch
