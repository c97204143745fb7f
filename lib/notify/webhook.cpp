#include "notify/webhook.hpp"

#include "core/base64.hpp"
#include "core/hiding.hpp"
#include "core/text.hpp"
#include "json/text.hpp"
#include "notify/receipt.hpp"
#include "notify/signing.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr std::size_t shortest_key = 24;
constexpr std::string_view key_prefix = "whsec_";

json::array clean_texts(const std::vector<std::string>& all) {
    json::array array;
    for (const std::string& text : all) array.emplace_back(clean_line(text));
    return array;
}

json::object proof_of(const ProofMention& proof) {
    json::object object{{"id", clean_line(proof.id)}, {"at", to_rfc3339(proof.at)}};
    if (proof.size_bytes) object["size_bytes"] = *proof.size_bytes;
    if (proof.seconds) object["seconds"] = to_milliseconds(*proof.seconds);
    return object;
}

json::object next_of(const NextStep& next) {
    json::object object{{"notifiers", clean_texts(next.notifiers)}};
    if (next.at) {
        object["at"] = to_rfc3339(*next.at);
    } else {
        object["consecutive_failures"] = next.consecutive_failures;
    }
    return object;
}

/// What is not known is left out.
json::object notice_of(const Notice& notice) {
    json::object object{
        {"kind", to_string(notice.kind)},
        {"key", clean_line(stable_name(notice.key))},
        {"database", clean_line(notice.key.database)},
        {"set", clean_line(notice.key.set)},
        {"check", clean_line(notice.key.check)},
        {"severity", to_string(notice.severity)},
        {"summary", clean_line(notice.summary)},
        {"since", to_rfc3339(notice.since)},
        {"failures", notice.failures},
        {"made_at", to_rfc3339(notice.made_at)},
    };
    if (notice.incident > 0) object["incident"] = notice.incident;
    if (!notice.value.empty()) object["value"] = clean_line(notice.value);
    if (!notice.threshold.empty()) object["threshold"] = clean_line(notice.threshold);
    if (notice.ended_at) object["ended_at"] = to_rfc3339(*notice.ended_at);
    if (!notice.consequences.empty()) object["consequences"] = clean_texts(notice.consequences);
    if (!notice.members.empty()) object["members"] = clean_texts(notice.members);
    if (notice.last_backup) object["last_backup"] = proof_of(*notice.last_backup);
    if (notice.last_drill) object["last_drill"] = proof_of(*notice.last_drill);
    if (notice.next) object["next"] = next_of(*notice.next);
    if (notice.acknowledged_until) {
        object["acknowledged_until"] = to_rfc3339(*notice.acknowledged_until);
    }
    return object;
}

std::string type_of(const Message& message) {
    if (message.notices.size() > 1) return "incident.several";
    const NoticeKind kind = message.notices.front().kind;
    const std::string name(to_string(kind));
    const bool is_of_incident =
        kind != NoticeKind::digest && kind != NoticeKind::noted && kind != NoticeKind::test;
    return is_of_incident ? "incident." + name : name;
}

std::string document_of(const Message& message, const Wording& wording) {
    json::object data{{"title", wording.title}, {"text", plain_text(wording)}};
    if (!message.plain) {
        json::array notices;
        for (const Notice& notice : message.notices) notices.push_back(notice_of(notice));
        data["notices"] = std::move(notices);
    }
    return json_text(json::object{
        {"type", type_of(message)},
        // Of what happened, so that it is the same at every try.
        {"timestamp", to_rfc3339(message.notices.front().made_at)},
        {"data", std::move(data)},
    });
}

SendResult result_of(int status) {
    if (status >= 200 && status < 300) return SendResult::delivered;
    if (status == 422) return SendResult::bad_payload;
    // A 400 is tried again, too: it may be of a signature that it cannot verify until it is mended;
    // and a redirect: it is never followed, and may be a proxy's that is gone tomorrow.
    return refusal_by_status(status);
}

class Webhook : public Notifier {
  public:
    Webhook(const NotifierSettings& notifier, HttpClient& client)
        : notifier_(notifier),
          own_(std::dynamic_pointer_cast<const WebhookSettings>(notifier.own)),
          client_(client) {
        Lane lane;
        lane.notifier = notifier.name;
        lane.endpoint = fingerprint({"webhook", own_->url.reveal()});
        lanes_.push_back(std::move(lane));
    }

    const std::vector<Lane>& lanes() const override { return lanes_; }
    bool shows_repeats() const override { return false; }

    std::size_t fits(std::span<const Notice> notices) const override {
        std::size_t size = 2000;
        for (std::size_t i = 0; i < notices.size(); ++i) {
            const json::object object = notice_of(notices[i]);
            // In the text each is named once more.
            size += json_text(object).size() + target_of(notices[i].key).size() + 2;
            for (const std::string& member : notices[i].members) size += member.size() + 5;
            if (size > webhook_body_limit) return std::max<std::size_t>(i, 1);
        }
        return notices.size();
    }

    Task<Receipt> send(const Lane&, Message message) override {
        Receipt receipt;
        HttpRequest request;
        const Instant now = message.now;
        try {
            fill(request, message);
        } catch (const std::exception& error) {
            receipt.result = SendResult::bad_payload;
            receipt.answer = answer_of(error.what(), {});
            co_return receipt;
        }
        HttpReply reply = co_await client_.send(std::move(request));
        co_return webhook_receipt(reply, *own_, now);
    }

  private:
    void fill(HttpRequest& request, const Message& message) const {
        request.url = own_->url;
        request.body = webhook_payload(message, notifier_.links);
        request.headers.emplace_back("Content-Type", Secret("application/json"));
        const std::string key = webhook_key(own_->secret).value_or("");
        for (auto& [name, value] : webhook_headers(message.id, message.now, request.body, key)) {
            request.headers.emplace_back(name, Secret(std::move(value)));
        }
        request.limit = notifier_.timeout;
        request.network = notifier_.network;
    }

    NotifierSettings notifier_;
    std::shared_ptr<const WebhookSettings> own_;
    HttpClient& client_;
    std::vector<Lane> lanes_;
};

}  // namespace

void describe_webhook(Section& section, NotifierSettings& notifier) {
    const auto webhook = std::make_shared<WebhookSettings>();
    notifier.own = webhook;
    section.key("url", webhook->url, "where messages are sent")
        .required()
        .must([](const Secret& url) { return is_endpoint(url.reveal()); }, endpoint_rule);
    section.key("secret", webhook->secret, "what messages are signed with")
        .required()
        .must(
            [](const Secret& secret) { return webhook_key(secret).has_value(); },
            "must be whsec_ and base64, or a text; 24 bytes at least"
        );
}

std::unique_ptr<Notifier> make_webhook(const NotifierSettings& notifier, Network& network) {
    return std::make_unique<Webhook>(notifier, network);
}

std::optional<std::string> webhook_key(const Secret& secret) {
    const std::string_view text = secret.reveal();
    std::optional<std::string> key;
    if (text.starts_with(key_prefix)) {
        key = from_base64(text.substr(key_prefix.size()));
    } else {
        key = std::string(text);
    }
    if (key && key->size() < shortest_key) return std::nullopt;
    return key;
}

std::string webhook_payload(const Message& original, const Links& links) {
    return rendered(original, links, document_of);
}

std::vector<std::pair<std::string, std::string>> webhook_headers(
    const std::string& id, Instant now, const std::string& body, const std::string& key
) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    const std::string timestamp = std::to_string(seconds.count());
    const std::string signature =
        "v1," + to_base64(hmac_sha256(key, id + "." + timestamp + "." + body));
    return {{"webhook-id", id}, {"webhook-timestamp", timestamp}, {"webhook-signature", signature}};
}

Receipt webhook_receipt(const HttpReply& reply, const WebhookSettings& webhook, Instant now) {
    std::vector<std::string> secrets = secrets_of(webhook.url);
    secrets.push_back(webhook.secret.reveal());
    // webhook-id tells repeats apart, so that none does harm.
    if (reply.status == 0) return receipt_of_no_reply(reply, SendResult::retry, secrets);
    Receipt receipt;
    receipt.certificate = reply.certificate;
    receipt.result = result_of(reply.status);
    receipt.answer = answer_of(status_and_words(reply), secrets);
    if (receipt.result == SendResult::retry) {
        receipt.retry_after = parse_retry_after(reply.retry_after, now);
    }
    return receipt;
}

}  // namespace backupwatch
