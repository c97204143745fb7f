// A hundred database-years of the real judgement, state and delivery on a disk that loses what was
// not synced: ten databases for ten years, with crashes at any write and any send. What the state
// said was recorded must be there after each of them. A seed replays exactly.
#include "core/failure.hpp"
#include "core/incident/incident.hpp"
#include "deliver/delivery.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/forwarding_store.hpp"
#include "fakes/lossy_disk.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t databases = 10;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int nights = 365;
#else
constexpr int nights = 10 * 365;
#endif

const Instant first_night = *parse_rfc3339("2026-11-22T03:00:00Z");

bool ends_it(NoticeKind kind) {
    return kind == NoticeKind::recovery || kind == NoticeKind::passed_by;
}

/// What a remote end was sent.
struct Told {
    std::int64_t incident;
    NoticeKind kind;
    std::string name;  ///< of the message and the notice in it: the same at every try
};

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
        if (mood == SendResult::retry && chance_.with(0.3)) receipt.retry_after = 10min;
        const bool arrives = receipt.result == SendResult::delivered ||
                             (receipt.result == SendResult::ambiguous && chance_.with(0.5));
        if (arrives) take(message);
        if (receipt.result == SendResult::ambiguous) ++excuses;
        if (chance_.with(0.005)) {
            disk_.die_after(0);
            co_await hang();
        }
        if (receipt.retry_after) allowed_from = clock_.uptime() + *receipt.retry_after;
        co_return receipt;
    }

    SendResult mood = SendResult::delivered;
    Duration allowed_from{0};
    std::vector<Told> seen;
    int repeated = 0;
    int excuses = 0;

  private:
    void take(const Message& message) {
        for (const Notice& notice : message.notices) {
            const std::string name = message.id + " " + std::to_string(notice.incident) + " " +
                                     std::string(to_string(notice.kind));
            if (!names_.insert(name).second) ++repeated;
            seen.push_back({notice.incident, notice.kind, name});
            if (lanes_.front().pages && notice.kind == NoticeKind::problem) {
                EXPECT_GE(notice.failures, 2) << "paged for one night";
            }
        }
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

/// The state, and what it has promised to keep.
class Witness final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;

    Task<Recorded> commit(Outcome outcome) override {
        Recorded recorded = co_await ForwardingStore::commit(std::move(outcome));
        for (const Incident& incident : recorded.changed)
            is_over[incident.id] = bool(incident.ended_at);
        for (const Pending& pending : recorded.notices) owed.insert(pending.id);
        co_return recorded;
    }

    Task<> settle(Settlement settlement) override {
        const std::vector<std::int64_t> gone = settlement.gone;
        for (const std::int64_t id : gone) in_doubt.insert(id);
        const KeptLane lane = settlement.lane;
        co_await ForwardingStore::settle(std::move(settlement));
        for (const std::int64_t id : gone) {
            in_doubt.erase(id);
            owed.erase(id);
            settled.insert(id);
        }
        not_before[lane.endpoint] = lane.not_before.value_or(Instant());
    }

    Instant opened_at;
    std::map<std::int64_t, bool> is_over;  ///< by incident
    std::set<std::int64_t> owed;
    std::set<std::int64_t> in_doubt;  ///< it was asked to forget them, and did not answer
    std::set<std::int64_t> settled;
    std::map<std::string, Instant> not_before;  ///< by endpoint
};

class Years {
  public:
    explicit Years(std::uint64_t seed) : chance_(seed), disk_(seed) {
        for (const char* name : {"email", "slack", "pagerduty"}) {
            ends_.push_back(std::make_shared<Moody>(name, clock_, disk_, chance_));
            policy_.lanes.push_back(ends_.back()->lanes().front());
            configured_.push_back({name, ends_.back()});
        }
        policy_.steps = default_escalation(policy_.lanes);
        policy_.reminders = {24h, 72h, 168h};
        boot();
    }
    ~Years() { end(); }

    void run() {
        for (int night = 0; night < nights && !testing::Test::HasFailure(); ++night) {
            change_the_world();
            look_at_all();
            pass(std::chrono::seconds(chance_.up_to(4 * 3600)));
            if (chance_.with(0.01)) crash();
            pass(20h);
            survive();
        }
        make_peace();
        check_that_all_is_told();
    }

    int crashes() const { return crashes_; }

  private:
    void boot() {
        scope_ =
            std::make_unique<Scope>(loop_.get_executor(), [](const auto& name, const auto& what) {
                ADD_FAILURE() << name << " ended: " << what;
            });
        file_ = run_on(loop_, Store::open(folder_.path(), clock_.now(), Store::Thread::callers));
        EXPECT_TRUE(file_->damaged_files().empty()) << "a loss of power damaged the state";
        store_ = std::make_unique<Witness>(*file_);
        store_->opened_at = clock_.now();
        delivery_ = std::make_unique<Delivery>(clock_, *store_, *scope_, loop_.get_executor());
        delivery_->use(configured_);
        run_on(loop_, delivery_->recall());
        clock_.settle();
    }

    void end() {
        scope_->cancel();
        clock_.settle();
        if (scope_->size() > 0) clock_.advance(2s);
        delivery_.reset();
        file_.reset();
    }

    void crash() {
        ++crashes_;
        disk_.die_after(0);
        end();
        disk_.come_back();
        const std::unique_ptr<Witness> before = std::move(store_);
        // What a process was asked to wait and could not record, the next cannot know.
        for (const auto& end : ends_) {
            const Instant kept = before->not_before[end->lanes().front().endpoint];
            const Duration wait = std::max(kept - clock_.now(), Duration(0));
            end->allowed_from = std::min(end->allowed_from, clock_.uptime() + wait);
        }
        boot();
        check_that_all_is_kept(*before);
        look_at_all();
    }

    /// A process whose disk has died is gone.
    void survive() {
        while (disk_.is_dead() && !testing::Test::HasFailure()) crash();
    }

    void check_that_all_is_kept(const Witness& before) {
        const Outbox outbox = run_on(loop_, file_->outbox(0));
        std::set<std::int64_t> kept;
        for (const Pending& pending : outbox.pending) kept.insert(pending.id);
        for (const std::int64_t id : before.owed) {
            if (before.in_doubt.contains(id)) continue;
            // What was sent since the boot is settled already.
            EXPECT_TRUE(kept.contains(id) || store_->settled.contains(id)) << "lost notice " << id;
        }
        for (const std::int64_t id : before.settled) {
            EXPECT_FALSE(kept.contains(id)) << "forgot that it was told: " << id;
        }
        store_->owed = kept;
        std::map<std::int64_t, bool> is_over;
        // As far back as the clock may have been set meanwhile.
        const Instant since = before.opened_at - 240h;
        for (const Incident& incident : run_on(loop_, file_->incidents(since))) {
            is_over[incident.id] = bool(incident.ended_at);
        }
        for (const auto& [id, over] : before.is_over) {
            ASSERT_TRUE(is_over.contains(id)) << "lost incident " << id;
            EXPECT_TRUE(!over || is_over[id]) << "forgot the end of incident " << id;
        }
    }

    void change_the_world() {
        for (const auto& end : ends_) {
            // A fault that lasts brings nothing new but tries: every five minutes, by each channel.
            if (chance_.with(0.6)) end->mood = SendResult::delivered;
            if (!chance_.with(0.1)) continue;
            constexpr SendResult moods[] = {
                SendResult::delivered,
                SendResult::delivered,
                SendResult::retry,
                SendResult::ambiguous,
                SendResult::bad_payload,
                SendResult::broken};
            end->mood = moods[chance_.up_to(5)];
        }
        for (int& failures : failures_) {
            failures = chance_.with(failures > 0 ? 0.5 : 0.03) ? failures + 1 : 0;
        }
        if (chance_.with(0.03)) disk_.die_after(1 + chance_.up_to(200));
        if (chance_.with(0.002)) {
            clock_.set(clock_.now() + (chance_.with(0.5) ? 24h : -24h));
            for (const auto& end : ends_) end->allowed_from = Duration(0);
        }
    }

    void look_at_all() {
        for (std::size_t i = 0; i < databases && !disk_.is_dead(); ++i) {
            // Of what works night after night there is nothing to lose.
            const bool is_dull = !was_failing_[i] && failures_[i] == 0;
            if (is_dull && chance_.with(0.8)) continue;
            was_failing_[i] = !look_at(i) || failures_[i] > 0;
        }
    }

    /// False: nobody knows whether it was recorded.
    bool look_at(std::size_t index) {
        Finding finding;
        finding.database = "d" + std::to_string(index);
        finding.set = "nightly";
        finding.check = "backup";
        finding.failures = failures_[index];
        finding.severity = finding.failures > 0 ? Severity::critical : Severity::ok;
        Outcome outcome;
        outcome.database = finding.database;
        outcome.set = finding.set;
        outcome.at = clock_.now();
        outcome.findings = {finding};
        Situation situation{finding.database, finding.set, {finding}, {"backup"}, {}};
        outcome.judge = [this, situation](const auto& open, const auto& silences) {
            return judge(open, situation, policy_, silences, clock_.now());
        };
        try {
            Recorded recorded = run_on(loop_, store_->commit(std::move(outcome)));
            delivery_->add(std::move(recorded.notices));
            clock_.settle();
            return true;
        } catch (const Failure&) {
            // The next process looks again.
            EXPECT_TRUE(disk_.is_dead());
            return false;
        }
    }

    void pass(Duration duration) {
        if (!disk_.is_dead()) clock_.advance(duration);
    }

    void make_peace() {
        survive();
        disk_.die_after(-1);
        for (const auto& end : ends_) end->mood = SendResult::delivered;
        failures_ = {};
        for (int hour = 0; hour < 48; ++hour) {
            survive();
            look_at_all();
            pass(1h);
        }
        survive();
    }

    void check_that_all_is_told() {
        EXPECT_TRUE(run_on(loop_, store_->outbox(0)).pending.empty());
        for (const auto& end : ends_) {
            SCOPED_TRACE(end->lanes().front().notifier);
            EXPECT_GT(end->seen.size(), 0U);
            std::map<std::int64_t, std::vector<NoticeKind>> stories;
            for (const Told& seen : end->seen) stories[seen.incident].push_back(seen.kind);
            for (const auto& [incident, story] : stories) check(incident, story);
            EXPECT_LE(end->repeated, crashes_ + end->excuses);
        }
        for (const Incident& incident : run_on(loop_, store_->incidents(first_night - 1000h))) {
            EXPECT_TRUE(incident.ended_at) << incident.id;
        }
    }

    static void check(std::int64_t incident, const std::vector<NoticeKind>& story) {
        EXPECT_TRUE(ends_it(story.back())) << "of incident " << incident << " no end was told";
        const auto end = std::find_if(story.begin(), story.end(), ends_it);
        EXPECT_TRUE(std::all_of(end, story.end(), ends_it)) << "after the end of " << incident;
    }

    Chance chance_;
    asio::io_context loop_{1};
    FakeClock clock_{loop_, first_night};
    LossyDisk disk_;
    TemporaryFolder folder_;
    std::vector<std::shared_ptr<Moody>> ends_;
    std::vector<ConfiguredNotifier> configured_;
    AlertPolicy policy_;
    std::array<int, databases> failures_{};
    std::array<bool, databases> was_failing_{};  ///< as far as the state surely knows
    int crashes_ = 0;

    std::unique_ptr<Store> file_;
    std::unique_ptr<Witness> store_;
    std::unique_ptr<Scope> scope_;
    std::unique_ptr<Delivery> delivery_;
};

TEST(LostWrites, lose_nothing_that_was_recorded_and_repeat_nothing_that_was_told) {
    const char* only = std::getenv("BACKUPWATCH_SEED");
    const std::uint64_t seed = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
    const auto level = spdlog::get_level();
    spdlog::set_level(spdlog::level::off);
    Years years(seed);
    years.run();
    spdlog::set_level(level);
    EXPECT_GT(years.crashes(), nights / 50) << "too peaceful to prove anything";
    EXPECT_FALSE(HasFailure()) << "replay with BACKUPWATCH_SEED=" << seed;
}

}  // namespace
}  // namespace backupwatch
