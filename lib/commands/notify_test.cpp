#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr int work_failed = 2;

Message test_message(Instant now, NoticeKind kind) {
    Notice notice;
    notice.kind = kind;
    notice.key = {"backupwatch", "", "test"};
    notice.severity = kind == NoticeKind::test ? Severity::warning : Severity::ok;
    notice.summary = "this is a test, asked for with `backupwatch notify-test`";
    notice.since = now;
    notice.made_at = now;
    if (kind == NoticeKind::recovery) notice.ended_at = now;
    Message message;
    message.id = "test-" + std::to_string(now.time_since_epoch().count());
    message.notices = {std::move(notice)};
    message.now = now;
    return message;
}

std::vector<ConfiguredNotifier> chosen(const World& world, const std::vector<std::string>& names) {
    const auto& all = world.alerting.notifiers;
    if (names.empty()) return all;
    std::vector<ConfiguredNotifier> found;
    for (const std::string& name : names) {
        const auto one = std::find_if(all.begin(), all.end(), [&](const auto& configured) {
            return configured.name == name;
        });
        if (one == all.end()) {
            throw Failure(
                Failure::Kind::usage,
                "there is no notifier \"" + name + "\"",
                "the configuration lists them under `notifiers`."
            );
        }
        found.push_back(*one);
    }
    return found;
}

void add(Reply& reply, json::array& list, const Lane& lane, const Receipt& receipt) {
    list.push_back(json::object{
        {"notifier", lane.notifier},
        {"recipient", lane.recipient.empty() ? json::value(nullptr) : json::value(lane.recipient)},
        {"result", to_string(receipt.result)},
        {"answer", receipt.answer},
    });
    reply.text += name_of(lane) + ": " + std::string(to_string(receipt.result)) + ": " +
                  quoted_line(receipt.answer) + "\n";
    if (receipt.result != SendResult::delivered) reply.exit_code = work_failed;
}

}  // namespace

/// A test is sent once, past the outbox: whoever asks wants to see the answer.
Task<Reply> notify_test_command(World& world, Request request, ProgressSink) {
    const bool pages = !text_option(request, "page").empty();
    Reply reply;
    json::array list;
    const auto notifiers = chosen(world, request.targets);
    for (const ConfiguredNotifier& configured : notifiers) {
        for (const Lane& lane : configured.notifier->lanes()) {
            if (lane.pages && !pages) {
                reply.text += name_of(lane) +
                              ": left out; --page calls somebody, and takes it "
                              "back at once\n";
                continue;
            }
            const Instant now = world.clock.now();
            Message test = test_message(now, NoticeKind::test);
            const Receipt receipt = co_await configured.notifier->send(lane, std::move(test));
            add(reply, list, lane, receipt);
            if (!lane.pages) continue;
            Message end = test_message(now, NoticeKind::recovery);
            const Receipt taken_back = co_await configured.notifier->send(lane, std::move(end));
            add(reply, list, lane, taken_back);
        }
    }
    if (reply.text.empty()) reply.text = "the configuration has no notifiers\n";
    reply.document = json::object{{"tests", std::move(list)}};
    co_return reply;
}

}  // namespace backupwatch
