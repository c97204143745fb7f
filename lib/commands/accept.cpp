#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "watch/shapes.hpp"
#include "watch/work.hpp"

#include <boost/json/array.hpp>

namespace backupwatch {
namespace {

namespace json = boost::json;

bool lacks_something(const WatchedSet& set) {
    return set.memory->shape && !set.memory->shape->losses.empty();
}

Reply reply_of_changes(const WatchedSet& set, const std::vector<std::string>& changes) {
    Reply reply;
    json::array accepted;
    reply.text = "accepted: " + target_of(set) + " as it is now\n";
    for (const std::string& change : changes) {
        reply.text += "  " + change + "\n";
        accepted.emplace_back(change);
    }
    reply.document = json::object{
        {"database", set.database}, {"set", set.settings.name}, {"changes", std::move(accepted)}};
    return reply;
}

}  // namespace

Task<Reply> accept_command(World& world, Request request, ProgressSink) {
    WatchedSet& set = world.find_set(only_target(request), lacks_something);
    co_await look(world, set);
    std::string error = set.health.error.empty() ? set.memory->shape_error : set.health.error;
    if (error.empty() && !set.memory->is_shape_recalled) error = world.state_alarm;
    if (!error.empty()) {
        throw Failure(
            Failure::Kind::unreachable, "cannot see what " + target_of(set) + " holds: " + error
        );
    }
    const std::string taken_for_ours = co_await set.source->accept_other();
    // What it lacks of the other one's is known from now on.
    if (!taken_for_ours.empty()) co_await look(world, set);
    const std::vector<std::string> changes = co_await set.source->accept_changes();
    if (!changes.empty() && taken_for_ours.empty() && !lacks_something(set)) {
        co_await look(world, set);
        Reply reply = reply_of_changes(set, changes);
        tell_if_not_kept(world, reply);
        co_return reply;
    }
    if (taken_for_ours.empty() && !lacks_something(set)) {
        throw Failure(
            Failure::Kind::usage,
            "nothing of " + target_of(set) +
                " is to be accepted: its newest backup holds all that those before it held"
        );
    }
    const ShapeJudgement accepted = co_await accept_shape(world, set);
    co_await look(world, set);
    Reply reply;
    json::array released;
    json::array losses;
    reply.text = "accepted: " + target_of(set) + " " + accepted.newest + " as it is\n";
    if (!taken_for_ours.empty()) {
        reply.text +=
            "  " + taken_for_ours + " is of this database, and so is what comes after it\n";
    }
    for (const ShapeLoss& loss : accepted.losses) {
        released.emplace_back(loss.reference);
        for (const TableLoss& table : loss.tables) {
            losses.emplace_back(table.sentence);
            reply.text += "  " + table.sentence + "\n";
        }
        reply.text += "  " + loss.reference + ", the last that had it, is held no longer\n";
    }
    reply.document = json::object{
        {"database", set.database},
        {"set", set.settings.name},
        {"accepted", accepted.newest},
        {"released", std::move(released)},
        {"losses", std::move(losses)}};
    tell_if_not_kept(world, reply);
    co_return reply;
}

}  // namespace backupwatch
