#include "commands/command.hpp"

#include "commands/verbs.hpp"
#include "core/failure.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <exception>

namespace backupwatch {
namespace {

namespace json = boost::json;

std::vector<std::string> strings(const json::value* value) {
    std::vector<std::string> list;
    if (value == nullptr) return list;
    for (const json::value& entry : value->as_array()) list.emplace_back(entry.as_string());
    return list;
}

std::string text_of(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    return value == nullptr ? std::string() : std::string(value->as_string());
}

/// A backup that was not taken has failed, whatever kept it; whoever asked to see something is told
/// that it cannot be seen.
int exit_code_of(const std::string& verb, const Failure& failure) {
    if (failure.kind() == Failure::Kind::usage) return 64;
    return verb == "backup" ? 2 : 3;
}

}  // namespace

const std::vector<Verb>& verbs() {
    static const std::vector<Verb> all{
        {"check", check_command},
        {"list", list_command},
        {"backup", backup_command},
        {"drill", drill_command},
        {"status", status_command},
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

Request parse_request(std::string_view verb, std::string_view text) {
    Request request;
    request.verb = verb;
    try {
        const json::value value = json::parse(text.empty() ? "{}" : text);
        const json::object& object = value.as_object();
        request.targets = strings(object.if_contains("targets"));
        if (const json::value* options = object.if_contains("options")) {
            request.options = options->as_object();
        }
    } catch (const std::exception&) {
        throw Failure(
            Failure::Kind::usage,
            "the request is not an object such as {\"targets\": [\"shop\"], \"options\": {}}"
        );
    }
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
