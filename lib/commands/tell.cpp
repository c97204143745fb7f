#include "commands/tell.hpp"

#include "core/failure.hpp"
#include "core/quoted_line.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <memory>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;

constexpr int told_to_some = 1;
constexpr int told_to_nobody = 2;
constexpr int most_sends = 3;
constexpr Duration pause_between = 5s;

/// The same at every try: whoever took it twice sees it once.
Message down_message(const std::string& text, Instant begun, Instant now) {
    Notice notice;
    notice.kind = NoticeKind::problem;
    notice.key = {"backupwatch", "", "service"};
    notice.severity = Severity::critical;
    notice.summary = text;
    notice.since = begun;
    notice.made_at = begun;
    Message message;
    message.id = "service-" + std::to_string(begun.time_since_epoch().count());
    message.notices = {std::move(notice)};
    message.now = now;
    return message;
}

bool is_worth_another_try(SendResult result) {
    return result == SendResult::retry || result == SendResult::ambiguous;
}

Task<Receipt> send(std::shared_ptr<Notifier> notifier, Lane lane, Clock& clock, std::string text) {
    const Instant begun = clock.now();
    for (int attempt = 1;; ++attempt) {
        Message message = down_message(text, begun, clock.now());
        const Receipt receipt = co_await notifier->send(lane, std::move(message));
        if (attempt == most_sends || !is_worth_another_try(receipt.result)) co_return receipt;
        co_await pause(clock, pause_between);
    }
}

}  // namespace

Task<Reply> tell(
    std::vector<ConfiguredNotifier> notifiers,
    std::vector<std::string> unreadable,
    Clock& clock,
    Request request
) {
    const std::string text = only_target(request);
    Reply reply;
    json::array list;
    std::size_t told = 0;
    for (const ConfiguredNotifier& configured : notifiers) {
        for (const Lane& lane : configured.notifier->lanes()) {
            // Nobody would be there to take the page back.
            if (lane.pages) continue;
            auto sending = send(configured.notifier, lane, clock, text);
            const Receipt receipt = co_await std::move(sending);
            if (receipt.result == SendResult::delivered) ++told;
            list.push_back(json::object{
                {"notifier", lane.notifier},
                {"result", to_string(receipt.result)},
                {"answer", receipt.answer},
            });
            reply.text += name_of(lane) + ": " + std::string(to_string(receipt.result)) + ": " +
                          quoted_line(receipt.answer) + "\n";
        }
    }
    json::array errors;
    for (const std::string& error : unreadable) {
        reply.text += error + "\n";
        errors.emplace_back(error);
    }
    if (told < list.size() || !errors.empty()) reply.exit_code = told_to_some;
    if (told == 0) {
        reply.exit_code = told_to_nobody;
        reply.text += "nobody was told\n";
    }
    reply.document = json::object{{"told", std::move(list)}, {"unreadable", std::move(errors)}};
    co_return reply;
}

}  // namespace backupwatch
