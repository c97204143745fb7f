#include "commands/command.hpp"

#include "commands/verbs.hpp"
#include "core/backup/drill_verdict.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"

#include <boost/json/parse.hpp>

#include <exception>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr DrillOutcome::Result failed_drill = DrillOutcome::Result::failed;
constexpr Duration shortest_period = std::chrono::seconds(1);

[[noreturn]] void refuse(const std::string& what) {
    throw Failure(
        Failure::Kind::usage,
        "the request cannot be read: " + what,
        R"(Send an object such as {"targets": ["shop"], "options": {"label": "before 2.0"}}.)"
    );
}

std::vector<std::string> targets_of(const json::object& object) {
    std::vector<std::string> list;
    const json::value* value = object.if_contains("targets");
    if (value == nullptr) return list;
    if (!value->is_array()) refuse("its \"targets\" are not a list");
    for (const json::value& entry : value->get_array()) {
        if (!entry.is_string()) refuse("one of its \"targets\" is not a text");
        list.emplace_back(entry.get_string());
    }
    return list;
}

json::object options_of(const json::object& object) {
    const json::value* value = object.if_contains("options");
    if (value == nullptr) return {};
    if (!value->is_object()) refuse("its \"options\" are not an object");
    return value->get_object();
}

std::string text_of(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    return value == nullptr ? std::string() : std::string(value->as_string());
}

/// A backup that was not taken has failed, whatever kept it; whoever asked to see something is told
/// that it cannot be seen.
int exit_code_of(const std::string& verb, const Failure& failure) {
    if (failure.kind() == Failure::Kind::usage) return 64;
    // As for a drill: what speaks of the backup is a failure, all else says nothing of it.
    if (verb == "open") {
        const bool speaks_of_backup = verdict_of(failure.kind(), true, false) == failed_drill;
        return speaks_of_backup ? 2 : 3;
    }
    const bool is_work = verb == "backup" || verb == "restore" || verb == "accept" ||
                         verb == "acknowledge" || verb == "silence" || verb == "unsilence" ||
                         verb == "mark" || verb == "attest" || verb == "runbook" ||
                         verb == "notify-test" || verb == "tell";
    return is_work ? 2 : 3;
}

}  // namespace

const std::vector<Verb>& verbs() {
    static const std::vector<Verb> all{
        {"check", check_command},
        {"list", list_command},
        {"backup", backup_command},
        {"drill", drill_command},
        {"open", open_command},
        {"restore", restore_command},
        {"accept", accept_command, true},
        {"gate", gate_command},
        {"mark", mark_command, true},
        {"runbook", runbook_command},
        {"attest", attest_command, true},
        {"readiness", readiness_command},
        {"history", history_command, true},
        {"status", status_command},
        {"incidents", incidents_command, true},
        {"acknowledge", acknowledge_command, true},
        {"silence", silence_command, true},
        {"silences", silences_command, true},
        {"unsilence", unsilence_command, true},
        {"notify-test", notify_test_command},
    };
    return all;
}

const Verb& find_verb(std::string_view name) {
    for (const Verb& verb : verbs()) {
        if (verb.name == name) return verb;
    }
    throw Failure(
        Failure::Kind::usage,
        "there is no command \"" + std::string(name) + "\"",
        "`backupwatch --help` lists them."
    );
}

json::object to_json(const Request& request) {
    json::array targets;
    for (const std::string& target : request.targets) targets.emplace_back(target);
    return {{"targets", std::move(targets)}, {"options", request.options}};
}

const std::string& only_target(const Request& request) {
    if (request.targets.size() == 1) return request.targets.front();
    const std::string given =
        request.targets.empty() ? "none is" : std::to_string(request.targets.size()) + " are";
    throw Failure(
        Failure::Kind::usage,
        request.verb + " takes one target, and " + given + " given",
        "name a DATABASE or DATABASE/SET."
    );
}

std::string text_option(const Request& request, const char* name) {
    const json::value* value = request.options.if_contains(name);
    if (value == nullptr) return {};
    if (!value->is_string()) {
        throw Failure(Failure::Kind::usage, std::string("the option ") + name + " is not a text");
    }
    return std::string(value->get_string());
}

Duration period_of(const std::string& text) {
    const auto period = parse_duration(text);
    if (!period) {
        throw Failure(
            Failure::Kind::usage, quoted_line(text) + " is not a duration such as 30d or 12h"
        );
    }
    if (*period < shortest_period) {
        throw Failure(Failure::Kind::usage, quoted_line(text) + " is shorter than a second");
    }
    return *period;
}

Request parse_request(std::string_view verb, std::string_view text) {
    Request request;
    request.verb = verb;
    boost::system::error_code error;
    const json::value value = json::parse(text.empty() ? "{}" : text, error);
    if (error) refuse("it is not JSON");
    if (!value.is_object()) refuse("it is not an object");
    request.targets = targets_of(value.get_object());
    request.options = options_of(value.get_object());
    return request;
}

json::object to_json(const Reply& reply) {
    return {
        {"exit_code", reply.exit_code},
        {"document", reply.document},
        {"text", reply.text},
        {"report", reply.report},
    };
}

Reply parse_reply(std::string_view text) {
    try {
        const json::value value = json::parse(text);
        const json::object& object = value.as_object();
        Reply reply;
        reply.exit_code = object.at("exit_code").to_number<int>();
        reply.document = object.at("document");
        reply.text = text_of(object, "text");
        reply.report = text_of(object, "report");
        return reply;
    } catch (const std::exception&) {
        throw Failure(Failure::Kind::internal, "the daemon's answer cannot be read");
    }
}

Reply reply_of(const std::string& verb, const std::exception& error) {
    Reply reply;
    reply.exit_code = 2;
    std::string hint;
    if (const auto* failure = dynamic_cast<const Failure*>(&error)) {
        hint = failure->hint();
        reply.exit_code = exit_code_of(verb, *failure);
    }
    reply.text = std::string("error: ") + error.what() + "\n";
    if (!hint.empty()) reply.text += "hint: " + hint + "\n";
    reply.document = json::object{{"error", error.what()}, {"hint", hint}};
    return reply;
}

}  // namespace backupwatch
