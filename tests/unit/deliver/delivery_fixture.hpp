#pragma once
#include "core/failure.hpp"
#include "deliver/delivery.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/forwarding_store.hpp"
#include "support/loop.hpp"

#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace backupwatch {

using namespace std::chrono_literals;

inline const Instant start = parse_rfc3339("2026-11-22T03:05:00Z").value();

/// Answers as it is told to, and remembers what it was sent.
class FakeNotifier final : public Notifier {
  public:
    explicit FakeNotifier(const std::string& name, bool pages = false)
        : lanes_{Lane{name, "", "endpoint-of-" + name, pages}} {}

    const std::vector<Lane>& lanes() const override { return lanes_; }
    bool takes_digests() const override { return !lanes_.front().pages; }
    std::size_t fits(std::span<const Notice> notices) const override {
        return std::min(notices.size(), most);
    }

    Task<Receipt> send(const Lane&, Message message) override {
        std::string line;
        for (const Notice& notice : message.notices) {
            line += (line.empty() ? "" : ", ") + std::string(to_string(notice.kind)) + " " +
                    notice.key.database;
        }
        sent.push_back(message.plain ? "plainly " + line : line);
        ids.push_back(message.id);
        routes.push_back(message.route);
        if (hangs) {
            const auto executor = co_await asio::this_coro::executor;
            asio::steady_timer never(executor, asio::steady_timer::time_point::max());
            hanging = &never;
            boost::system::error_code woken;
            co_await never.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            hanging = nullptr;
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                throw boost::system::system_error(woken);
            }
        }
        Receipt receipt{SendResult::delivered, "ok", std::nullopt};
        if (!answers.empty()) {
            receipt = answers.front();
            answers.pop_front();
        }
        co_return receipt;
    }

    std::deque<Receipt> answers;
    std::vector<std::string> sent;
    std::vector<std::string> ids;
    std::vector<std::string> routes;
    /// As after a reload with another address or key.
    void move(const std::string& endpoint, const std::string& route = "") {
        lanes_.front().endpoint = endpoint;
        lanes_.front().route = route;
    }
    std::size_t most = 1000;
    bool hangs = false;
    asio::steady_timer* hanging = nullptr;

  private:
    std::vector<Lane> lanes_;
};

class RefusingSettlements final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    bool refuses = false;
    int asked = 0;
    bool is_unreadable = false;
    std::vector<Arrival> answers;  ///< that it recorded
    Task<Outbox> outbox(std::int64_t after) override {
        if (is_unreadable) throw Failure(Failure::Kind::timeout, "another process holds it");
        co_return co_await ForwardingStore::outbox(after);
    }
    Task<> settle(Settlement settlement) override {
        ++asked;
        if (refuses) throw Failure(Failure::Kind::exhausted, "the disk is full");
        for (const Answer& answer : settlement.answers) answers.push_back(answer.arrival);
        co_await ForwardingStore::settle(std::move(settlement));
    }
};

class DeliveryTest : public testing::Test {
  protected:
    ~DeliveryTest() override { stop(); }

    void stop() {
        scope_->cancel();
        clock_.settle();
        if (scope_->size() > 0) clock_.advance(2s);
    }

    void begin() {
        std::vector<ConfiguredNotifier> configured;
        for (const auto& [name, notifier] : notifiers_) configured.push_back({name, notifier});
        delivery_ = std::make_unique<Delivery>(clock_, store_, *scope_, loop_.get_executor());
        delivery_->events.counted = [this](const Lane& lane, std::string_view result) {
            ++counts_[lane.notifier + " " + std::string(result)];
        };
        delivery_->events.health_changed = [this] { ++health_changes_; };
        delivery_->events.ready = [this] { ++ready_; };
        delivery_->events.settled = [this](const Settlement& settlement, bool is_recorded) {
            if (is_recorded) return;
            for (const Answer& answer : settlement.answers) {
                (answer.arrival == Arrival::queued ? moves_ : answers_).push_back(answer);
            }
        };
        delivery_->use(std::move(configured));
        scope_->spawn("outbox", delivery_->run());
        clock_.settle();
    }

    /// As after a crash: nothing but the store is left.
    void restart() {
        store_.refuses = true;
        stop();
        store_.refuses = false;
        scope_ = std::make_unique<Scope>(loop_.get_executor(), [](auto&&...) {});
        begin();
    }

    FakeNotifier& notifier(const std::string& name, bool pages = false) {
        auto& made = notifiers_[name];
        if (!made) made = std::make_shared<FakeNotifier>(name, pages);
        return *made;
    }

    /// Records a notice, as judging would.
    std::vector<Pending> record(
        const std::string& to, NoticeKind kind, std::int64_t incident, bool pages = false
    ) {
        Outcome outcome;
        outcome.at = clock_.now();
        outcome.judge = [&](const auto&, const auto&) {
            Notice notice;
            notice.kind = kind;
            notice.incident = incident;
            notice.key.database = "d" + std::to_string(incident);
            notice.severity = Severity::critical;
            notice.made_at = clock_.now();
            Judgement judgement;
            const std::string route = pages ? "route-of-" + to : "";
            judgement.notices.push_back({Lane{to, "", "endpoint-of-" + to, pages, route}, notice});
            return judgement;
        };
        std::vector<Pending> notices;
        scope_->spawn("record", commit(std::move(outcome), notices));
        clock_.settle();
        return notices;
    }

    void tell(const std::string& to, NoticeKind kind, std::int64_t incident, bool pages = false) {
        delivery_->add(record(to, kind, incident, pages));
        clock_.settle();
    }

    asio::io_context loop_{1};
    FakeClock clock_{loop_, start};
    std::unique_ptr<Store> kept_ = Store::in_memory();
    RefusingSettlements store_{*kept_};
    std::unique_ptr<Scope> scope_ = std::make_unique<Scope>(loop_.get_executor(), [](auto&&...) {});
    std::map<std::string, std::shared_ptr<FakeNotifier>> notifiers_;
    std::unique_ptr<Delivery> delivery_;
    std::map<std::string, int> counts_;
    std::vector<Answer> answers_;
    std::vector<Answer> moves_;  ///< what waits was given another lane
    int health_changes_ = 0;
    int ready_ = 0;

  private:
    Task<> commit(Outcome outcome, std::vector<Pending>& notices) {
        const Recorded recorded = co_await kept_->commit(std::move(outcome));
        notices = recorded.notices;
    }
};

using Lines = std::vector<std::string>;
using enum NoticeKind;

}  // namespace backupwatch
