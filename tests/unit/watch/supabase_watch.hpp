#pragma once
#include "fakes/fake_clock.hpp"
#include "fakes/fake_network.hpp"
#include "fakes/supabase_script.hpp"
#include "sources/supabase/settings.hpp"
#include "support/loop.hpp"
#include "unit/config/config_folder.hpp"
#include "watch/work.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace backupwatch {

using namespace std::chrono_literals;

/// The API without a network: what is sent is answered by a script, at once. A test in which it was
/// sent anything but GET has failed.
class SupabaseWeb final : public FakeNetwork {
  public:
    SupabaseWeb(asio::io_context& loop, Clock& clock)
        : clock_(clock), gate_(loop, asio::steady_timer::time_point::max()) {}
    ~SupabaseWeb() override {
        EXPECT_EQ(other_than_get, 0) << "what a provider keeps is never touched";
    }

    SupabaseScript script;
    std::optional<HttpReply> no_reply;  ///< instead of any: its `error` and `reached` say why
    bool is_cut = false;
    std::string holds;       ///< what ends so is answered only when it is released; empty: nothing
    int held = 0;            ///< so far
    int other_than_get = 0;  ///< requests, whether they are answered or not
    /// Of the reply to what is asked for there; for as long as a request may take: there is none.
    std::function<Duration(const std::string& target)> latency_of;
    void release() {
        holds.clear();
        gate_.cancel();
    }

    using FakeNetwork::send;
    Task<HttpReply> send(HttpRequest request) override {
        if (request.method != "GET") ++other_than_get;
        if (no_reply) {
            ++script.asked;
            co_return *no_reply;
        }
        ReceivedRequest received;
        received.method = request.method;
        const std::string& url = request.url.reveal();
        received.target = url.substr(url.find("/v1/"));
        for (const auto& [name, value] : request.headers) {
            if (name == "Authorization") received.headers["authorization"] = value.reveal();
        }
        if (!holds.empty() && received.target.ends_with(holds)) {
            ++held;
            boost::system::error_code released;
            co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, released));
        }
        const FakeAnswer answer = script.answer(received, clock_.uptime());
        HttpReply reply;
        const Duration latency = latency_of ? latency_of(received.target) : Duration(0);
        co_await pause(clock_, std::min(latency, request.limit));
        if (latency >= request.limit) {
            reply.error = "no answer within " + in_words(request.limit);
            co_return reply;
        }
        reply.status = answer.status;
        reply.body = answer.body.substr(0, request.most_reply);
        reply.is_cut = is_cut;
        for (const auto& [name, value] : answer.headers) {
            for (const std::string& wanted : request.wanted) {
                if (name == wanted) reply.headers[name] = value;
            }
            if (name == "retry-after") reply.retry_after = value;
        }
        co_return reply;
    }

  private:
    Clock& clock_;
    asio::steady_timer gate_;
};

/// A database with a set of source supabase, in a world whose time and whose web are the test's.
/// Its state outlives a world, as it outlives a process.
class SupabaseWatch : public testing::Test {
  protected:
    SupabaseWatch() {
        web.script.projects.emplace_back(clock.now());
        start();
    }

    /// A process that begins; `keys` are added to those of the set.
    void start(const std::string& keys = {}) {
        world.reset();
        world = std::make_unique<World>(settings(keys), clock, *store, pool, web);
        run_on(loop, world->recall());
    }
    Settings settings(const std::string& keys) {
        return configuration.settings_of(
            "state_dir: /nowhere\nwork_dir: /nowhere/work\ndatabases:\n- name: shop\n  backups:\n"
            "  - {source: supabase, project: abcdefghijklmnopqrst, access_token: " +
            web.script.token + (keys.empty() ? "" : ", " + keys) + "}\n  disk: {source: supabase}\n"
        );
    }

    SupabaseProject& project() { return web.script.projects.front(); }
    WatchedSet& set() { return *world->databases.front().sets.front(); }

    /// Looks, and says `severity failures: summary` of that check; `silent` where it says nothing.
    std::string look_at(const std::string& check) {
        look();
        return say(check);
    }
    void look() { run_on(loop, backupwatch::look(*world, set())); }
    std::string say(const std::string& check) const {
        const auto found = world->findings().find({"shop", "supabase", check});
        if (found == world->findings().end()) return "silent";
        return in_words_of(found->second.finding);
    }
    std::string poll() {
        return in_words_of(run_on(loop, poll_disk(*world, world->databases.front())));
    }
    static std::string in_words_of(const Finding& finding) {
        return std::string(to_string(finding.severity)) + " " + std::to_string(finding.failures) +
               ": " + finding.summary;
    }
    /// Time passes, and Supabase takes its backups as before: the oldest goes with each that comes.
    void pass_nights(int nights) {
        for (int night = 0; night < nights; ++night) {
            clock.advance(std::chrono::hours(24));
            const Instant taken = clock.now() - std::chrono::hours(5);
            auto& backups = project().backups;
            backups.insert(backups.begin(), {backups.front().id + 1, to_rfc3339(taken)});
            backups.pop_back();
        }
    }
    void switch_pitr_on(Duration behind, int bought = 7) {
        project().has_pitr = true;
        project().backups.clear();
        project().pitr_bought = bought;
        project().earliest = clock.now() - std::chrono::hours(24) * bought;
        project().latest = clock.now() - behind;
    }

    ConfigFolder configuration;
    asio::io_context loop{1};
    FakeClock clock{loop, parse_rfc3339("2026-11-22T12:00:00Z").value()};
    std::unique_ptr<Store> store = Store::in_memory();
    Pool pool{1};
    SupabaseWeb web{loop, clock};
    std::unique_ptr<World> world;
};

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace backupwatch
