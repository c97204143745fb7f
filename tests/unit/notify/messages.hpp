#pragma once
#include "config/yaml.hpp"
#include "fakes/fake_network.hpp"
#include "notify/registry.hpp"
#include "support/loop.hpp"
#include "support/notices.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace backupwatch {

inline Message message_of(std::vector<Notice> notices) {
    Message message;
    message.id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
    message.notices = std::move(notices);
    message.now = night + std::chrono::seconds(2);
    return message;
}

inline Message message_of(Notice notice) {
    return message_of(std::vector<Notice>{std::move(notice)});
}

/// Fails the test where it is no JSON.
inline boost::json::object parsed(const std::string& text) {
    boost::system::error_code error;
    boost::json::value document = boost::json::parse(text, error);
    if (error || !document.is_object()) {
        ADD_FAILURE() << "no JSON object: " << text.substr(0, 500);
        return {};
    }
    return document.get_object();
}

inline std::string text_at(const boost::json::value& document, const std::string& pointer) {
    boost::system::error_code error;
    const auto* value = document.find_pointer(pointer, error);
    return value && value->is_string() ? std::string(value->get_string()) : "nothing";
}

/// The `notifiers` of a document, and what is wrong with them.
struct ReadNotifiers {
    std::vector<NotifierSettings> notifiers;
    std::vector<std::string> errors;
};

struct NotifierList {
    std::vector<NotifierSettings> notifiers;
};
inline void describe(Section& section, NotifierList& list) {
    section.list("notifiers", list.notifiers, "who is told");
}

inline ReadNotifiers read_notifiers(const std::string& yaml) {
    ConfigErrors errors;
    const YamlFile file = parse_yaml("notifiers:\n" + yaml, "config.yaml", errors);
    NotifierList list;
    read_section(file.root, list, errors);
    ReadNotifiers read{std::move(list.notifiers), {}};
    for (const ConfigError& error : in_order(errors)) read.errors.push_back(to_string(error));
    return read;
}

inline NotifierSettings read_notifier(const std::string& flow) {
    ReadNotifiers read = read_notifiers("  - {" + flow + "}\n");
    for (const std::string& error : read.errors) ADD_FAILURE() << error;
    return read.notifiers.at(0);
}

inline std::unique_ptr<Notifier> make_notifier(const NotifierSettings& settings, Network& network) {
    return find_notifier_kind(settings.type)->make(settings, network);
}

inline Receipt send_by(Notifier& notifier, Message message, std::size_t lane = 0) {
    asio::io_context loop(1);
    return run_on(loop, notifier.send(notifier.lanes().at(lane), std::move(message)));
}

inline HttpReply http_reply(int status, const std::string& body) {
    HttpReply reply;
    reply.status = status;
    reply.body = body;
    return reply;
}

inline HttpReply no_http_reply(Reached reached) {
    HttpReply reply;
    reply.error = "connection refused";
    reply.reached = reached;
    return reply;
}

}  // namespace backupwatch
