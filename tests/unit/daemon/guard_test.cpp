// When the watchdog hears that we live: of the parts as the daemon joins them, with one that takes
// no turn.
#include "daemon/guard.hpp"

#include "daemon/alert_loop.hpp"
#include "support/notify_socket.hpp"
#include "unit/watch/fixture.hpp"
#include "watch/scheduler.hpp"
#include "watch/self_observation.hpp"

#include <map>

namespace backupwatch {
namespace {

class Guarded : public Watch {
  protected:
    Guarded() {
        alerts_.adopt(world_);
        Guard::Views views;
        views.observe = [this] { return observe_self(world_, scheduler_); };
        views.status = [] { return std::string("all is well"); };
        guard_ = std::make_unique<Guard>(clock, supervisor_, std::move(views));
    }
    ~Guarded() override { end_all(); }

    void begin_scheduler() { begin(scheduler_.run()); }
    void begin_delivery() { begin(alerts_.run()); }
    void begin_guard() { begin(guard_->run()); }

    /// What systemd hears while that passes. The queue of a socket is short, so it listens
    /// throughout.
    std::vector<std::string> heard_within(Duration time) {
        std::vector<std::string> all;
        for (Duration passed{}; passed < time; passed += 10s) {
            clock.advance(10s);
            for (std::string& message : socket_.heard()) all.push_back(std::move(message));
        }
        return all;
    }

  private:
    static Scheduler::Events no_events() {
        Scheduler::Events events;
        events.began = [](const StreamKey&, Duration) {};
        events.ended = [](const StreamKey&, SlotResult) {};
        events.interrupted = [](StreamKey, Instant) -> Task<> { co_return; };
        events.clock = [](bool) {};
        events.store = [](const std::string&) {};
        return events;
    }
    Supervisor systemd() const {
        const std::map<std::string, std::string> variables{
            {"NOTIFY_SOCKET", (folder / "notify").string()}, {"WATCHDOG_USEC", "180000000"}};
        return Supervisor(
            [&](const std::string& name) -> std::optional<std::string> {
                const auto found = variables.find(name);
                if (found == variables.end()) return std::nullopt;
                return found->second;
            },
            42
        );
    }

    NotifySocket socket_{(folder / "notify").string()};
    Supervisor supervisor_ = systemd();
    std::shared_ptr<World> world_ = make_world();
    Scheduler scheduler_{clock, store, *scope, no_events(), loop.get_executor()};
    AlertLoop alerts_{
        clock, store, *scope, [](const std::string&, std::string_view) {}, loop.get_executor()};
    std::unique_ptr<Guard> guard_;
};

const std::vector<std::string> alive{"WATCHDOG=1\nSTATUS=all is well"};

std::vector<std::string> each_once(std::vector<std::string> messages) {
    std::sort(messages.begin(), messages.end());
    messages.erase(std::unique(messages.begin(), messages.end()), messages.end());
    return messages;
}

/// The watchdog hears nothing, and people are told why.
void expect_silence(const std::vector<std::string>& heard, const std::string& why) {
    EXPECT_FALSE(heard.empty());
    for (const std::string& message : heard) {
        EXPECT_EQ(message.find("WATCHDOG"), std::string::npos) << message;
        EXPECT_TRUE(message.starts_with("STATUS=" + why)) << message;
    }
}

TEST_F(Guarded, is_said_to_live_while_all_of_it_moves) {
    begin_scheduler();
    begin_delivery();
    begin_guard();
    const auto heard = heard_within(1h);
    EXPECT_EQ(each_once(heard), alive);
    EXPECT_GE(heard.size(), 100u) << "well within three minutes each";
}

TEST_F(Guarded, is_not_said_to_live_while_its_scheduler_takes_no_turn) {
    begin_delivery();
    begin_guard();
    EXPECT_EQ(each_once(heard_within(4min)), alive) << "not yet";
    heard_within(90s);
    expect_silence(heard_within(10min), "the scheduler has stood still for ");

    begin_scheduler();
    heard_within(1min);
    EXPECT_EQ(each_once(heard_within(10min)), alive) << "it moves again";
}

TEST_F(Guarded, is_not_said_to_live_while_its_delivery_takes_no_turn) {
    begin_scheduler();
    begin_guard();
    EXPECT_EQ(each_once(heard_within(4min)), alive) << "not yet";
    heard_within(90s);
    expect_silence(heard_within(10min), "nobody has gone through what is to be told for ");

    begin_delivery();
    heard_within(1min);
    EXPECT_EQ(each_once(heard_within(10min)), alive) << "it moves again";
}

}  // namespace
}  // namespace backupwatch
