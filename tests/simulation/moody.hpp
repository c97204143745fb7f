#pragma once
#include "fakes/lossy_disk.hpp"
#include "notify/notifier.hpp"

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}
    bool with(double probability) {
        return std::uniform_real_distribution<double>(0, 1)(engine_) < probability;
    }
    int up_to(int most) { return std::uniform_int_distribution<int>(0, most)(engine_); }

  private:
    std::mt19937_64 engine_;
};

/// What a remote end was sent.
struct Heard {
    std::int64_t incident;
    std::string name;  ///< of what fails
    NoticeKind kind;
};

inline bool ends(NoticeKind kind) {
    return kind == NoticeKind::recovery || kind == NoticeKind::passed_by ||
           kind == NoticeKind::unwatched;
}

/// A remote end with moods. It hears nothing of a process that has died.
class Moody final : public Notifier {
  public:
    Moody(const std::string& name, Clock& clock, LossyDisk& disk, Chance& chance)
        : lanes_{Lane{name, "", "endpoint-of-" + name, name == "pagerduty"}},
          clock_(clock),
          disk_(disk),
          chance_(chance) {}

    const std::vector<Lane>& lanes() const override { return lanes_; }
    bool takes_digests() const override { return !lanes_.front().pages; }
    /// As the configuration calls it from now on.
    void rename(const std::string& name) { lanes_.front().notifier = name; }

    Task<Receipt> send(const Lane&, Message message) override {
        if (disk_.is_dead()) co_await hang();
        EXPECT_GE(clock_.uptime(), allowed_from) << "sent before it was allowed";
        Receipt receipt{mood, "why", std::nullopt};
        if (mood == SendResult::ambiguous && ++unanswered_ % 3 == 0) {
            receipt.result = SendResult::delivered;
        }
        if (mood == SendResult::bad_payload && message.plain) {
            receipt.result = SendResult::delivered;
        }
        if (mood == SendResult::retry && chance_.with(0.3)) {
            receipt.retry_after = std::chrono::minutes(10);
        }
        const bool arrives = receipt.result == SendResult::delivered ||
                             (receipt.result == SendResult::ambiguous && chance_.with(0.5));
        const bool is_slow = chance_.with(slow);
        const bool takes_at_once = chance_.with(0.5);
        if (is_slow && !takes_at_once) co_await take_time();
        last_incidents.clear();
        for (const Notice& notice : message.notices) last_incidents.insert(notice.incident);
        if (arrives) take(message);
        if (receipt.result == SendResult::ambiguous) ++excuses;
        if (receipt.result == SendResult::ambiguous && !arrives) {
            in_doubt.insert(last_incidents.begin(), last_incidents.end());
        }
        if (is_slow && takes_at_once) co_await take_time();
        if (chance_.with(kills_with)) {
            disk_.die_after(0);
            co_await hang();
        }
        if (receipt.retry_after) allowed_from = clock_.uptime() + *receipt.retry_after;
        co_return receipt;
    }

    SendResult mood = SendResult::delivered;
    double slow = 0;  ///< the probability that it takes up to a minute, to take it or to answer
    double kills_with = 0;  ///< the probability that a send is the last that the process does
    Duration allowed_from{0};
    std::vector<Heard> seen;
    std::set<std::int64_t> in_doubt;  ///< incidents of which something may have come, and did not
    std::set<std::int64_t> last_incidents;  ///< of the last message
    int repeated = 0;
    int excuses = 0;

  private:
    void take(const Message& message) {
        for (const Notice& notice : message.notices) {
            // The same at every try, also where the incident has got its number meanwhile.
            const std::string name = message.id + " " + stable_name(notice.key) + " " +
                                     std::string(to_string(notice.kind));
            if (!names_.insert(name).second) ++repeated;
            // Of what came and went a pager is told the end alone, which calls nobody.
            const bool is_all_of_it = notice.times_unseen > 0;
            const NoticeKind kind = is_all_of_it ? NoticeKind::passed_by : notice.kind;
            seen.push_back({notice.incident, stable_name(notice.key), kind});
            if (lanes_.front().pages && notice.kind == NoticeKind::problem) {
                EXPECT_GE(notice.failures, 2) << "paged for one night";
            }
        }
    }

    /// Whoever has died meanwhile sends nothing more, and hears no answer.
    Task<> take_time() {
        auto wait = pause(clock_, std::chrono::seconds(1 + chance_.up_to(59)));
        co_await std::move(wait);
        if (disk_.is_dead()) co_await hang();
    }

    static Task<> hang() {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer never(executor, asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::use_awaitable);
    }

    std::vector<Lane> lanes_;
    Clock& clock_;
    LossyDisk& disk_;
    Chance& chance_;
    int unanswered_ = 0;
    std::set<std::string> names_;
};

}  // namespace backupwatch
