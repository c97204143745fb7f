#include "notify/slack.hpp"

#include "core/hiding.hpp"
#include "core/text.hpp"
#include "json/text.hpp"
#include "notify/receipt.hpp"
#include "notify/signing.hpp"
#include "notify/slack_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// What Slack answers in words, whatever the status.
constexpr std::array<std::pair<std::string_view, SendResult>, 29> meanings{{
    {"ok", SendResult::delivered},
    {"invalid_payload", SendResult::bad_payload},
    {"invalid_blocks", SendResult::bad_payload},
    {"invalid_blocks_format", SendResult::bad_payload},
    {"invalid_attachments", SendResult::bad_payload},
    {"no_text", SendResult::bad_payload},
    {"too_many_attachments", SendResult::bad_payload},
    {"msg_too_long", SendResult::bad_payload},
    {"msg_blocks_too_long", SendResult::bad_payload},
    {"user_not_found", SendResult::bad_payload},
    {"action_prohibited", SendResult::broken},
    {"invalid_token", SendResult::broken},
    {"invalid_auth", SendResult::broken},
    {"token_revoked", SendResult::broken},
    {"account_inactive", SendResult::broken},
    {"channel_not_found", SendResult::broken},
    {"channel_is_archived", SendResult::broken},
    {"is_archived", SendResult::broken},
    {"no_service", SendResult::broken},
    {"no_service_id", SendResult::broken},
    {"no_active_hooks", SendResult::broken},
    {"no_team", SendResult::broken},
    {"team_disabled", SendResult::broken},
    {"posting_to_general_channel_denied", SendResult::broken},
    {"rate_limited", SendResult::retry},
    {"ratelimited", SendResult::retry},
    {"rollup_error", SendResult::retry},
    {"service_unavailable", SendResult::retry},
    {"internal_error", SendResult::retry},
}};

struct Words {
    std::string code;              ///< `invalid_payload`
    bool is_no = false;            ///< it says that it took nothing
    std::optional<Duration> wait;  ///< of a JSON body
};

/// Plain text, or JSON with `ok`, `error` and `retry_after`.
Words words_of(const std::string& body) {
    boost::system::error_code error;
    const json::value document = json::parse(body, error);
    Words words;
    if (error || !document.is_object()) {
        words.code = clean_line(body);
        return words;
    }
    const json::object& object = document.get_object();
    const auto* verdict = object.if_contains("ok");
    words.is_no = verdict && verdict->is_bool() && !verdict->get_bool();
    if (const auto* code = object.if_contains("error"); code && code->is_string()) {
        words.code = std::string(code->get_string());
    } else if (verdict && verdict->is_bool() && verdict->get_bool()) {
        words.code = "ok";
    }
    const auto* wait = object.if_contains("retry_after");
    if (wait && wait->is_number()) {
        // Before it is converted: what no integer can hold must not reach one.
        const double seconds = std::clamp(wait->to_number<double>(error), 0.0, 3600.0);
        if (!error) words.wait = std::chrono::seconds(static_cast<int>(std::ceil(seconds)));
    }
    return words;
}

SendResult by_status(int status) {
    // Taken, in words that are not Slack's: it may be there for all to read.
    if (status >= 200 && status < 300) return SendResult::ambiguous;
    if (status == 400) return SendResult::bad_payload;
    return refusal_by_status(status);
}

/// A page for people, of a proxy that asks for a log-in: nothing went past it. Its type says less:
/// plain words have that of a page, too, by many a server's default.
bool is_page(const HttpReply& reply) {
    return !reply.is_cut && clean_line(reply.body).starts_with("<");
}

/// The words may hold more than the code: `invalid_blocks: must be less than 3001 characters`.
SendResult result_of(const Words& words, const HttpReply& reply) {
    const std::string code = words.code.substr(0, words.code.find_first_of(" :,"));
    for (const auto& [meaning, result] : meanings) {
        // Anybody may say ok in an error page.
        const bool is_meant = result != SendResult::delivered || reply.status == 200;
        if (code == meaning && is_meant) return result;
    }
    const SendResult result = by_status(reply.status);
    const bool is_no = words.is_no || is_page(reply);
    return result == SendResult::ambiguous && is_no ? SendResult::retry : result;
}

class Slack : public Notifier {
  public:
    Slack(const NotifierSettings& notifier, HttpClient& client)
        : notifier_(notifier),
          own_(std::dynamic_pointer_cast<const SlackSettings>(notifier.own)),
          client_(client) {
        Lane lane;
        lane.notifier = notifier.name;
        lane.endpoint = fingerprint({"slack", own_->webhook_url.reveal()});
        lanes_.push_back(std::move(lane));
    }

    const std::vector<Lane>& lanes() const override { return lanes_; }
    /// What an incoming webhook takes for long without being told to slow down.
    Duration pace() const override { return 1s; }

    std::size_t fits(std::span<const Notice> notices) const override {
        std::size_t count = fitting(notices, slack_text_limit - 2000);
        // Escaping makes text longer; names of databases hold nothing that needs it.
        while (count > 1 && escaped_size(notices.first(count)) > slack_text_limit) count /= 2;
        return count;
    }

    // By value, as a coroutine's parameters are; the message is used up before anything waits.
    Task<Receipt> send(const Lane&, Message message) override {
        HttpRequest request;
        Receipt receipt;
        const Instant now = message.now;
        try {
            request.body = slack_payload(message, notifier_.links);
        } catch (const std::exception& error) {
            receipt.result = SendResult::bad_payload;
            receipt.answer = answer_of(error.what(), {});
            co_return receipt;
        }
        request.url = own_->webhook_url;
        request.headers.emplace_back("Content-Type", Secret("application/json; charset=utf-8"));
        request.limit = notifier_.timeout;
        request.network = notifier_.network;
        HttpReply reply = co_await client_.send(std::move(request));
        co_return slack_receipt(reply, own_->webhook_url, now);
    }

  private:
    static std::size_t escaped_size(std::span<const Notice> notices) {
        return slack_escaped(plain_text(word(notices, notices.front().made_at))).size();
    }

    NotifierSettings notifier_;
    std::shared_ptr<const SlackSettings> own_;
    HttpClient& client_;
    std::vector<Lane> lanes_;
};

}  // namespace

void describe_slack(Section& section, NotifierSettings& notifier) {
    const auto slack = std::make_shared<SlackSettings>();
    notifier.own = slack;
    section.key("webhook_url", slack->webhook_url, "the URL of the incoming webhook")
        .required()
        .must([](const Secret& url) { return is_endpoint(url.reveal()); }, endpoint_rule);
}

std::unique_ptr<Notifier> make_slack(const NotifierSettings& notifier, Network& network) {
    return std::make_unique<Slack>(notifier, network);
}

Receipt slack_receipt(const HttpReply& reply, const Secret& webhook_url, Instant now) {
    const std::vector<std::string> secrets = secrets_of(webhook_url);
    if (reply.status == 0) return receipt_of_no_reply(reply, SendResult::ambiguous, secrets);
    const Words words = words_of(reply.body);
    Receipt receipt;
    receipt.certificate = reply.certificate;
    receipt.result = result_of(words, reply);
    receipt.answer = answer_of(status_and_words(reply), secrets);
    if (receipt.result != SendResult::retry) return receipt;
    receipt.retry_after = parse_retry_after(reply.retry_after, now);
    // Two wishes: the longer one fulfils both.
    if (words.wait) receipt.retry_after = std::max(receipt.retry_after.value_or(0s), *words.wait);
    return receipt;
}

}  // namespace backupwatch
