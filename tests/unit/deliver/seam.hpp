#pragma once
#include "core/incident/incident.hpp"
#include "deliver/delivery.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/forwarding_store.hpp"
#include "unit/notify/messages.hpp"

#include <deque>
#include <map>
#include <set>

namespace backupwatch {

/// Answers as scripted, then as each channel says yes, and remembers what it was sent and when.
class ScriptedNetwork final : public Network {
  public:
    struct Sent {
        std::string to;       ///< of the URL or of the mail server: its host
        std::string content;  ///< the body, or the mail
        std::string id;       ///< what the remote end tells repeats by
        Duration at;
    };

    explicit ScriptedNetwork(Clock& clock) : clock_(clock) {}

    std::deque<HttpReply> http;
    std::deque<MailReply> mail;
    std::vector<Sent> sent;
    std::set<std::string> stalled;  ///< hosts that never answer
    /// Hosts that nothing is sent to, since no name server answers: given up at the deadline.
    std::set<std::string> unresolved;
    bool refuses = false;  ///< everybody is told to come again later

    Task<HttpReply> send(HttpRequest request) override {
        const std::string host = host_of(request.url.reveal());
        sent.push_back({host, request.body, id_of(request), clock_.uptime()});
        if (stalled.contains(host)) co_await stall();
        if (unresolved.contains(host)) {
            co_await pause(clock_, request.limit);
            co_return no_http_reply(Reached::nobody);
        }
        if (refuses) co_return http_reply(503, "");
        if (http.empty()) co_return yes_of(host);
        HttpReply reply = std::move(http.front());
        http.pop_front();
        co_return reply;
    }

    Task<MailReply> send(Mail message) override {
        sent.push_back(
            {message.server.host,
             message.content,
             line_with(message.content, "Message-ID: "),
             clock_.uptime()}
        );
        if (stalled.contains(message.server.host)) co_await stall();
        MailReply reply;
        if (unresolved.contains(message.server.host)) {
            co_await pause(clock_, message.limit);
            reply.error = "no answer";
            co_return reply;
        }
        reply.code = 250;
        reply.stage = MailStage::committed;
        if (refuses) {
            reply.code = 451;
            reply.error = "come again later";
        } else if (!mail.empty()) {
            reply = std::move(mail.front());
            mail.pop_front();
        }
        co_return reply;
    }

    Task<MailReply> log_in(MailServer, NetworkSettings, Duration) override {
        co_return MailReply();
    }

  private:
    static std::string host_of(const std::string& url) {
        const auto begin = url.find("://") + 3;
        return url.substr(begin, url.find('/', begin) - begin);
    }

    static std::string line_with(const std::string& text, const std::string& begin) {
        const auto at = text.find(begin);
        return at == std::string::npos ? "" : text.substr(at, text.find("\r\n", at) - at);
    }

    static std::string id_of(const HttpRequest& request) {
        for (const auto& [name, value] : request.headers) {
            if (name == "webhook-id") return value.reveal();
        }
        const auto document = parsed(request.body);
        if (document.contains("dedup_key")) return text_at(document, "/dedup_key");
        // Slack tells nothing apart; a person would by this.
        return text_at(document, "/text").substr(0, 80);
    }

    static HttpReply yes_of(const std::string& host) {
        if (host.starts_with("hooks.slack.")) return http_reply(200, "ok");
        return http_reply(202, R"({"status":"success"})");
    }

    static Task<> stall() {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer never(executor, asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::use_awaitable);
    }

    Clock& clock_;
};

inline const std::map<std::string, std::string> channels{
    {"slack", R"(type: slack, webhook_url: "https://hooks.slack.com/services/T/B/x")"},
    {"pagerduty", "type: pagerduty, routing_key: 0123456789abcdef0123456789abcdef"},
    {"email",
     R"(type: email, server: "smtp://mail.example.com", from: a@example.com, to: [b@example.com])"},
    {"webhook",
     R"(type: webhook, url: "https://ops.example.com/hook", secret: 0123456789abcdef01234567)"},
};

/// Takes its time to record what came of a send.
class SlowRecording final : public ForwardingStore {
  public:
    SlowRecording(Store& kept, Clock& clock) : ForwardingStore(kept), clock_(clock) {}

    Duration takes{0};

    Task<> settle(Settlement settlement) override {
        if (takes > Duration(0)) co_await pause(clock_, takes);
        co_await ForwardingStore::settle(std::move(settlement));
    }

  private:
    Clock& clock_;
};

/// The real delivery and the real notifiers, between a state in memory and a scripted network.
class DeliverySeam {
  public:
    /// `names`: of `channels`.
    explicit DeliverySeam(const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            notifiers_.push_back({name, make_notifier(read_notifier(channels.at(name)), network)});
        }
        begin();
    }
    ~DeliverySeam() { end(); }
    DeliverySeam(const DeliverySeam&) = delete;
    DeliverySeam& operator=(const DeliverySeam&) = delete;

    /// As after a crash: nothing but the state is left.
    void restart() {
        end();
        scope_ = std::make_unique<Scope>(loop.get_executor(), [](auto&&...) {});
        begin();
    }

    /// Asks everything to end.
    void stop() {
        scope_->cancel();
        clock.settle();
    }
    /// As stop(), and what is under way is waited for no longer.
    void end() {
        stop();
        if (!has_stopped()) clock.advance(std::chrono::seconds(2));
    }
    bool has_stopped() const { return scope_->size() == 0; }

    /// As a reload does.
    void reload() {
        delivery->use(notifiers_);
        clock.settle();
    }

    /// Recorded in one transaction, and handed to the delivery, for every channel.
    void tell(const std::vector<Notice>& notices) { tell(outcome_of(notices)); }

    /// What a look found: judged with what is open, recorded, and handed to the delivery.
    void judge(const Situation& situation, const AlertPolicy& policy) {
        Outcome outcome;
        outcome.database = situation.database;
        outcome.set = situation.set;
        outcome.at = clock.now();
        outcome.findings = situation.findings;
        outcome.judge = [&situation, &policy, now = outcome.at](
                            const std::vector<Incident>& open, const std::vector<Silence>& silences
                        ) { return backupwatch::judge(open, situation, policy, silences, now); };
        tell(std::move(outcome));
    }

    void tell(NoticeKind kind, std::int64_t incident) {
        Notice notice = failed_backup();
        notice.kind = kind;
        notice.incident = incident;
        notice.key.database = "d" + std::to_string(incident);
        notice.made_at = clock.now();
        tell({notice});
    }

    /// How many notices of that channel ended so.
    int count(const std::string& channel, const std::string& result) const {
        const auto found = counts_.find(channel + " " + result);
        return found == counts_.end() ? 0 : found->second;
    }

    asio::io_context loop{1};
    FakeClock clock{loop, night};
    ScriptedNetwork network{clock};
    std::unique_ptr<Store> store = Store::in_memory();
    SlowRecording recording{*store, clock};
    std::unique_ptr<Delivery> delivery;

    std::vector<Lane> lanes() const {
        std::vector<Lane> all;
        for (const ConfiguredNotifier& configured : notifiers_) {
            for (const Lane& lane : configured.notifier->lanes()) all.push_back(lane);
        }
        return all;
    }

  private:
    void tell(Outcome outcome) {
        std::vector<Pending> recorded;
        scope_->spawn("record", commit(std::move(outcome), recorded));
        clock.settle();
        delivery->add(std::move(recorded));
        clock.settle();
    }

    void begin() {
        delivery = std::make_unique<Delivery>(clock, recording, *scope_, loop.get_executor());
        delivery->events.counted = [this](const Lane& lane, std::string_view result) {
            ++counts_[lane.notifier + " " + std::string(result)];
        };
        delivery->use(notifiers_);
        scope_->spawn("outbox", delivery->run());
        clock.settle();
    }

    Outcome outcome_of(const std::vector<Notice>& notices) {
        Outcome outcome;
        outcome.at = clock.now();
        outcome.judge = [this, notices](const auto&, const auto&) {
            Judgement judgement;
            for (const ConfiguredNotifier& configured : notifiers_) {
                for (const Lane& lane : configured.notifier->lanes()) {
                    for (const Notice& notice : notices)
                        judgement.notices.push_back({lane, notice});
                }
            }
            return judgement;
        };
        return outcome;
    }

    Task<> commit(Outcome outcome, std::vector<Pending>& notices) {
        Recorded recorded = co_await store->commit(std::move(outcome));
        notices = std::move(recorded.notices);
    }

    std::unique_ptr<Scope> scope_ = std::make_unique<Scope>(loop.get_executor(), [](auto&&...) {});
    std::vector<ConfiguredNotifier> notifiers_;
    std::map<std::string, int> counts_;
};

}  // namespace backupwatch
