#include "commands/verbs.hpp"
#include "core/check/attestation.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;

constexpr int work_failed = 2;
/// Of the end of a page: what is not taken back wakes somebody.
constexpr int most_tries = 3;
constexpr Duration longest_pause = 15s;

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

/// What has come of it so far.
struct Tests {
    Reply reply;
    json::array list;
    std::map<std::string, bool> is_delivered;  ///< of each item_of_test(), all that was sent
};

/// `event`: of a page, which half of it.
void add(
    World& world,
    Tests& tests,
    const Lane& lane,
    const Receipt& receipt,
    json::value event = nullptr
) {
    const bool arrived = receipt.result == SendResult::delivered;
    const std::string item = item_of_test(lane.notifier, lane.endpoint);
    const auto [known, is_first] = tests.is_delivered.emplace(item, arrived);
    if (!is_first) known->second = known->second && arrived;
    json::value expires_at = nullptr;
    std::string until;
    if (receipt.certificate) {
        const Instant end = receipt.certificate->valid_until;
        expires_at = to_rfc3339(end);
        until = " (certificate valid until " + in_words(end) + ")";
        world.alerting.certificate_shown(lane.endpoint, *receipt.certificate);
    }
    tests.list.push_back(json::object{
        {"notifier", lane.notifier},
        {"recipient", lane.recipient.empty() ? json::value(nullptr) : json::value(lane.recipient)},
        {"event", std::move(event)},
        {"result", to_string(receipt.result)},
        {"answer", receipt.answer},
        {"certificate_expires_at", expires_at},
    });
    tests.reply.text += name_of(lane) + ": " + std::string(to_string(receipt.result)) + ": " +
                        quoted_line(receipt.answer) + until + "\n";
    if (!arrived) tests.reply.exit_code = work_failed;
}

bool is_final_refusal(SendResult result) {
    return result == SendResult::broken || result == SendResult::bad_payload;
}

Task<Receipt> take_back(World& world, std::shared_ptr<Notifier> notifier, Lane lane, Instant when) {
    for (int attempt = 1;; ++attempt) {
        Message end = test_message(when, NoticeKind::recovery);
        const Receipt receipt = co_await notifier->send(lane, std::move(end));
        const bool is_final =
            receipt.result == SendResult::delivered || is_final_refusal(receipt.result);
        if (is_final || attempt == most_tries) co_return receipt;
        const Duration wait = receipt.retry_after.value_or(attempt * 2s);
        co_await pause(world.clock, std::min(wait, longest_pause));
    }
}

/// Once begun it is ended, whoever has gone meanwhile: a page that nobody takes back goes on
/// calling people.
Task<> test_pager(World& world, Tests& tests, std::shared_ptr<Notifier> notifier, Lane lane) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const Instant now = world.clock.now();
    Message test = test_message(now, NoticeKind::test);
    const Receipt begun = co_await notifier->send(lane, std::move(test));
    add(world, tests, lane, begun, "trigger");
    auto ending = take_back(world, notifier, lane, now);
    const Receipt ended = co_await std::move(ending);
    add(world, tests, lane, ended, "resolve");
    if (ended.result != SendResult::delivered && !is_final_refusal(begun.result)) {
        tests.reply.text += name_of(lane) + ": the test page may be open: close it at PagerDuty\n";
    }
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
}

/// Of one that is named, leaving it out would look like a test that passed.
void require_no_pager(const std::vector<ConfiguredNotifier>& notifiers) {
    for (const ConfiguredNotifier& configured : notifiers) {
        const auto& lanes = configured.notifier->lanes();
        if (std::ranges::none_of(lanes, &Lane::pages)) continue;
        throw Failure(
            Failure::Kind::usage,
            configured.name + " calls somebody",
            "give --page to test it: the call is taken back at once."
        );
    }
}

/// What readiness asks for: the day on which each receiver took a test. One that failed since is no
/// evidence any more.
Task<> record_tests(World& world, std::map<std::string, bool> is_delivered) {
    const Instant now = world.clock.now();
    for (const auto& [item, arrived] : is_delivered) {
        Attestation made;
        made.database = own_tests;
        made.item = item;
        made.by = "notify-test";
        made.at = now;
        made.expires_at = arrived ? now + attestation_holds : now;
        co_await world.store.keep_attestation(std::move(made));
    }
}

/// What tests nothing must not look like a test that passed.
void require_any(const std::vector<ConfiguredNotifier>& notifiers) {
    if (notifiers.empty()) {
        throw Failure(
            Failure::Kind::usage,
            "the configuration has no notifiers",
            "name at least one under `notifiers`."
        );
    }
}

}  // namespace

/// A test is sent once, past the outbox: whoever asks wants to see the answer.
Task<Reply> notify_test_command(World& world, Request request, ProgressSink) {
    const bool pages = !text_option(request, "page").empty();
    Tests tests;
    const auto notifiers = chosen(world, request.targets);
    const bool is_all_meant = request.targets.empty();
    const bool has_others = std::ranges::any_of(notifiers, [](const auto& configured) {
        return std::ranges::any_of(configured.notifier->lanes(), std::not_fn(&Lane::pages));
    });
    require_any(notifiers);
    if (!pages && (!is_all_meant || !has_others)) require_no_pager(notifiers);
    json::array left_out;
    for (const ConfiguredNotifier& configured : notifiers) {
        for (const Lane& lane : configured.notifier->lanes()) {
            if (lane.pages && !pages) {
                tests.reply.text += name_of(lane) +
                                    ": left out; --page calls somebody, and takes it "
                                    "back at once\n";
                left_out.emplace_back(lane.notifier);
                continue;
            }
            if (lane.pages) {
                auto testing = test_pager(world, tests, configured.notifier, lane);
                co_await std::move(testing);
                continue;
            }
            Message test = test_message(world.clock.now(), NoticeKind::test);
            const Receipt receipt = co_await configured.notifier->send(lane, std::move(test));
            add(world, tests, lane, receipt);
        }
    }
    try {
        co_await record_tests(world, tests.is_delivered);
    } catch (const Failure& failure) {
        // Whoever asked has seen the answers; `readiness` has not.
        world.note_store(failure.what());
    }
    tests.reply.document =
        json::object{{"tests", std::move(tests.list)}, {"left_out", std::move(left_out)}};
    co_return std::move(tests.reply);
}

}  // namespace backupwatch
