#include "watch/handling.hpp"

#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "core/text.hpp"

#include <boost/json/array.hpp>

#include <charconv>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_reason = 500;

/// `noun`: what is numbered, and with an s the command that lists them.
std::int64_t number_of(const Request& request, const std::string& noun) {
    const std::string& text = only_target(request);
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && stopped == end && number > 0) return number;
    throw Failure(
        Failure::Kind::usage,
        quoted_line(text) + " is the number of no " + noun,
        "`backupwatch " + noun + "s` lists them."
    );
}

std::string target_of(const Silence& silence) {
    std::string target = silence.database;
    if (!silence.set.empty() || !silence.check.empty()) target += "/" + silence.set;
    if (!silence.check.empty()) target += "/" + silence.check;
    return target;
}

json::object silence_json(const Silence& silence) {
    return {
        {"id", silence.id},
        {"target", target_of(silence)},
        {"made_at", to_rfc3339(silence.made_at)},
        {"until", to_rfc3339(silence.until)},
        {"reason", silence.reason},
    };
}

std::string silence_text(const Silence& silence) {
    return std::to_string(silence.id) + "  " + target_of(silence) + " until " +
           in_words(silence.until) + (silence.reason.empty() ? "" : ": " + silence.reason) + "\n";
}

}  // namespace

void tell_if_not_kept(const World& world, Reply& reply) {
    if (world.state_alarm.empty()) return;
    reply.text += "this ends with the daemon: its state is in memory (" + world.state_alarm + ")\n";
    reply.document.as_object()["state_error"] = world.state_alarm;
}

Task<Reply> acknowledge_command(World& world, Request request, ProgressSink) {
    const std::int64_t id = number_of(request, "incident");
    const Incident incident = co_await acknowledge(world, id);
    Reply reply;
    reply.document = json::object{
        {"id", incident.id}, {"acknowledged_until", to_rfc3339(*incident.acknowledged_until)}};
    reply.text = "acknowledged: no reminder of incident " + std::to_string(incident.id) +
                 " until " + in_words(*incident.acknowledged_until) +
                 "; steps not reached yet come all the same\n";
    co_return reply;
}

Task<Reply> silence_command(World& world, Request request, ProgressSink) {
    constexpr Duration least = std::chrono::minutes(1);
    const std::string length = text_option(request, "for");
    const auto duration = parse_duration(length);
    if (!duration || *duration < least) {
        throw Failure(
            Failure::Kind::usage,
            "--for: \"" + length + "\" is not how long to be silent",
            "write a duration of a minute or more, such as 2h."
        );
    }
    std::string target = only_target(request);
    std::string reason = cut(clean_line(text_option(request, "reason")), longest_reason);
    if (reason.empty()) {
        throw Failure(
            Failure::Kind::usage,
            "--reason is missing or blank",
            "say why, for whoever wonders at night why nothing was told."
        );
    }
    const Silence made = co_await silence(world, std::move(target), *duration, std::move(reason));
    Reply reply;
    reply.document = silence_json(made);
    reply.text = "silenced: " + silence_text(made) +
                 "what still matters then is told then; `backupwatch unsilence " +
                 std::to_string(made.id) + "` ends it\n";
    tell_if_not_kept(world, reply);
    co_return reply;
}

Task<Reply> silences_command(World& world, Request, ProgressSink) {
    const std::vector<Silence> all = co_await world.store.silences(world.clock.now());
    Reply reply;
    json::array list;
    for (const Silence& one : all) {
        list.push_back(silence_json(one));
        reply.text += silence_text(one);
    }
    reply.document = json::object{{"silences", std::move(list)}, {"state_error", nullptr}};
    if (!world.state_alarm.empty()) {
        reply.exit_code = exit_code(Severity::unknown);
        reply.text += "what else was silenced cannot be told: " + world.state_alarm + "\n";
        reply.document.as_object()["state_error"] = world.state_alarm;
    }
    if (reply.text.empty()) reply.text = "nothing is silenced\n";
    co_return reply;
}

Task<Reply> unsilence_command(World& world, Request request, ProgressSink) {
    const std::int64_t id = number_of(request, "silence");
    co_await unsilence(world, id);
    Reply reply;
    reply.document = json::object{{"id", id}, {"removed", true}};
    reply.text = "silence " + std::to_string(id) + " is over: what it kept back is told now\n";
    co_return reply;
}

}  // namespace backupwatch
