#include "notify/pagerduty.hpp"

#include "core/failure.hpp"
#include "core/text.hpp"
#include "core/wording/pieces.hpp"
#include "json/text.hpp"
#include "notify/receipt.hpp"
#include "notify/signing.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::size_t longest_summary = 1024;
constexpr std::size_t longest_key = 255;
/// As Alertmanager reads "512 KB".
constexpr std::size_t longest_body = 512'000;
constexpr std::size_t routing_key_length = 32;

const char* action_of(NoticeKind kind) {
    switch (kind) {
        case NoticeKind::recovery:
        case NoticeKind::unwatched:
        case NoticeKind::passed_by:
            return "resolve";
        case NoticeKind::acknowledged:
            return "acknowledge";
        default:
            return "trigger";
    }
}

const char* severity_of(Severity severity) {
    switch (severity) {
        case Severity::critical:
            return "critical";
        case Severity::unknown:
            return "error";
        case Severity::warning:
            return "warning";
        case Severity::ok:
            break;
    }
    return "info";
}

/// A name that the configuration allows fits; a longer one keeps what tells it apart.
std::string dedup_key_of(const IncidentKey& key) {
    std::string name = clean_line(stable_name(key));
    if (name == stable_name(key) && code_points(name) <= longest_key) return name;
    return cut(name, longest_key - 17) + ":" + fingerprint({stable_name(key)});
}

json::array texts(const std::vector<std::string>& all) {
    json::array array;
    for (const std::string& text : all) array.emplace_back(text);
    return array;
}

std::string as_text(const Advice& advice) {
    std::string text = advice.text;
    for (const std::string* more : {&advice.command, &advice.link}) {
        if (!more->empty()) text += ": " + *more;
    }
    return text;
}

/// Only what there is: a page is read on a small screen.
json::object details_of(const Notice& notice, const Wording& wording) {
    json::object details;
    const auto add = [&details](const char* name, const std::string& text) {
        if (!text.empty()) details[name] = text;
    };
    add("what", wording.state);
    add("since", wording.since);
    if (!wording.proofs.empty()) details["proofs"] = texts(wording.proofs);
    json::array to_do;
    for (const Advice& advice : wording.to_do) to_do.emplace_back(as_text(advice));
    if (!to_do.empty()) details["to_do"] = std::move(to_do);
    add("next", wording.next);
    if (wording.acknowledge) add("acknowledge", as_text(*wording.acknowledge));
    if (!wording.details.empty()) details["details"] = texts(wording.details);
    add("value", clean_line(notice.value));
    add("threshold", clean_line(notice.threshold));
    details["failures"] = notice.failures;
    if (notice.incident > 0) details["incident"] = notice.incident;
    return details;
}

json::array links_of(const Links& links) {
    json::array array;
    const auto add = [&array](const std::string& url, const char* text) {
        if (!url.empty()) array.push_back(json::object{{"href", url}, {"text", text}});
    };
    add(links.runbook, "Runbook");
    add(links.dashboard, "Dashboard");
    add(links.provider, "The provider's backups");
    return array;
}

std::string event_of(
    const Message& message, const Wording& wording, const Links& links, const Secret& routing_key
) {
    const Notice& notice = message.notices.front();
    const std::string action = action_of(notice.kind);
    json::object event{
        {"routing_key", message.route.empty() ? routing_key.reveal() : message.route},
        {"event_action", action},
        {"dedup_key", dedup_key_of(notice.key)},
    };
    if (action != "trigger") return json_text(event);
    json::object payload{
        {"summary", cut(wording.title, longest_summary)},
        {"source", cut(clean_line(target_of(notice.key)), longest_summary)},
        {"severity", severity_of(notice.severity)},
        {"timestamp", to_rfc3339(notice.made_at)},
    };
    if (message.plain) {
        payload["custom_details"] = json::object{{"what", wording.state}};
    } else {
        payload["component"] = cut(clean_line(notice.key.check), longest_summary);
        payload["group"] = cut(clean_line(notice.key.database), longest_summary);
        payload["class"] = "backup";
        payload["custom_details"] = details_of(notice, wording);
        event["client"] = "backupwatch";
        if (!links.dashboard.empty()) event["client_url"] = links.dashboard;
        if (json::array links_array = links_of(links); !links_array.empty()) {
            event["links"] = std::move(links_array);
        }
    }
    event["payload"] = payload;
    std::string body = json_text(event);
    if (body.size() <= longest_body) return body;
    event["payload"].as_object()["custom_details"] = json::object{
        {"left_out", "too large for PagerDuty: run `backupwatch incidents` for the whole"}};
    return json_text(event);
}

bool speaks_of_the_key(std::string words) {
    std::transform(words.begin(), words.end(), words.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    for (const char* phrase : {"routing_key", "routing key", "integration key", "service key"}) {
        if (words.find(phrase) != std::string::npos) return true;
    }
    return false;
}

SendResult result_of(const HttpReply& reply) {
    if (reply.status == 202) return SendResult::delivered;
    if (reply.status == 400) {
        return speaks_of_the_key(reply.body) ? SendResult::broken : SendResult::bad_payload;
    }
    // The dedup_key makes a repeated event the same one: trying again is always safe.
    return refusal_by_status(reply.status);
}

class PagerDuty : public Notifier {
  public:
    PagerDuty(const NotifierSettings& notifier, HttpClient& client)
        : notifier_(notifier),
          own_(std::dynamic_pointer_cast<const PagerDutySettings>(notifier.own)),
          client_(client) {
        Lane lane;
        lane.notifier = notifier.name;
        lane.endpoint = fingerprint({"pagerduty", own_->url, own_->routing_key.reveal()});
        lane.pages = true;
        lane.route = own_->routing_key.reveal();
        lanes_.push_back(std::move(lane));
    }

    const std::vector<Lane>& lanes() const override { return lanes_; }
    bool takes_digests() const override { return false; }
    bool shows_repeats() const override { return false; }
    /// 120 events a minute is the limit of a key, and one above it is not taken in at all: 100
    /// leave room for someone else who uses the same key.
    Duration pace() const override { return 600ms; }

    Task<Receipt> send(const Lane&, Message message) override {
        Receipt receipt;
        HttpRequest request;
        const Instant now = message.now;
        const Secret key = message.route.empty() ? own_->routing_key : Secret(message.route);
        try {
            request.body = pagerduty_payload(message, notifier_.links, own_->routing_key);
        } catch (const std::exception& error) {
            receipt.result = SendResult::bad_payload;
            receipt.answer = answer_of(error.what(), {key.reveal()});
            co_return receipt;
        }
        request.url = Secret(own_->url);
        request.headers.emplace_back("Content-Type", Secret("application/json"));
        request.limit = notifier_.timeout;
        request.network = notifier_.network;
        HttpReply reply = co_await client_.send(std::move(request));
        co_return pagerduty_receipt(reply, key, now);
    }

  private:
    NotifierSettings notifier_;
    std::shared_ptr<const PagerDutySettings> own_;
    HttpClient& client_;
    std::vector<Lane> lanes_;
};

bool is_routing_key(const Secret& key) {
    const std::string& text = key.reveal();
    return text.size() == routing_key_length && std::all_of(text.begin(), text.end(), [](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) != 0;
           });
}

}  // namespace

void describe_pagerduty(Section& section, NotifierSettings& notifier) {
    const auto pagerduty = std::make_shared<PagerDutySettings>();
    notifier.own = pagerduty;
    section.key("url", pagerduty->url, "where events are sent").must(is_endpoint, endpoint_rule);
    section.key("routing_key", pagerduty->routing_key, "the service's integration key")
        .required()
        .must(is_routing_key, "must be 32 letters and digits");
}

std::unique_ptr<Notifier> make_pagerduty(const NotifierSettings& notifier, Network& network) {
    return std::make_unique<PagerDuty>(notifier, network);
}

std::string pagerduty_payload(
    const Message& original, const Links& links, const Secret& routing_key
) {
    if (original.notices.size() != 1) {
        throw Failure(Failure::Kind::internal, "a pager is told one notice at a time");
    }
    return rendered(original, links, [&](const Message& message, const Wording& wording) {
        const Links all = with_page(links, message.notices.front());
        return event_of(message, wording, cleaned(all), routing_key);
    });
}

Receipt pagerduty_receipt(const HttpReply& reply, const Secret& routing_key, Instant now) {
    const std::string& secret = routing_key.reveal();
    if (reply.status == 0) return receipt_of_no_reply(reply, SendResult::retry, {secret});
    Receipt receipt;
    receipt.certificate = reply.certificate;
    receipt.result = result_of(reply);
    receipt.answer = answer_of(status_and_words(reply), {secret});
    receipt.refuses_route = reply.status == 400 && receipt.result == SendResult::broken;
    if (receipt.result == SendResult::retry) {
        receipt.retry_after = parse_retry_after(reply.retry_after, now);
    }
    return receipt;
}

}  // namespace backupwatch
