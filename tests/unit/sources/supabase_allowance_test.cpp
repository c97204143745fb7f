#include "fakes/fake_network.hpp"
#include "net/http_reader.hpp"
#include "sources/supabase/allowance.hpp"
#include "sources/supabase/history.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

TEST(SupabaseAllowance, C12_lets_no_more_through_than_may_be_within_any_minute) {
    Allowance allowance;
    std::vector<Duration> sent;
    Duration now = 1h;
    for (int i = 0; i < 1000; ++i) {
        now += allowance.wait(now);
        allowance.note_sent(now);
        sent.push_back(now);
        now += 10ms;
    }
    for (std::size_t i = Allowance::most_per_minute; i < sent.size(); ++i) {
        EXPECT_GE(sent[i] - sent[i - Allowance::most_per_minute], 60s);
    }
    EXPECT_LT(now, 1h + 10min) << "it ends";
}

TEST(SupabaseAllowance, C5_waits_for_as_long_as_a_429_says) {
    struct Case {
        std::map<std::string, std::string> headers;
        std::string retry_after;
        Duration wait;
    };
    const Case cases[] = {
        {{{"x-ratelimit-reset", "37"}}, "", 37s},
        {{}, "", 60s},
        {{{"x-ratelimit-reset", "0"}}, "", 1s},
        {{{"x-ratelimit-reset", "1e9"}}, "", 60s},
        {{{"x-ratelimit-reset", "86400"}}, "", 5min},
        {{}, "90", 90s},
        {{}, "Wed, 21 Oct 2015 07:28:00 GMT", 60s},
    };
    for (const auto& [headers, retry_after, wait] : cases) {
        Allowance exact;
        exact.note_reply(429, headers, retry_after, 0, 1h);
        EXPECT_EQ(exact.wait(1h), wait);
        EXPECT_EQ(exact.wait(1h + wait), 0s);
        Allowance spread;
        spread.note_reply(429, headers, retry_after, 1, 1h);
        EXPECT_EQ(spread.wait(1h), wait + wait / 4);
    }
}

TEST(SupabaseAllowance, stops_before_the_limit_that_a_reply_names_is_passed) {
    Allowance allowance;
    allowance.note_reply(
        200, {{"x-ratelimit-remaining", "1"}, {"x-ratelimit-reset", "20"}}, "", 0, 1h
    );
    EXPECT_EQ(allowance.wait(1h), 0s);
    allowance.note_reply(
        200, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "20"}}, "", 0, 1h
    );
    EXPECT_EQ(allowance.wait(1h), 20s);
}

TEST(HttpReader, C13_sends_nothing_but_get) {
    asio::io_context loop{1};
    FakeNetwork network;
    HttpReader reader(network);
    for (const char* method : {"POST", "PATCH", "DELETE", "PUT", "GET"}) {
        HttpRequest request;
        request.method = method;
        request.body = "{}";
        request.url = Secret("https://api.supabase.com/v1");
        run_on(loop, reader.get(request));
        EXPECT_EQ(network.requests.back().method, "GET");
        EXPECT_EQ(network.requests.back().body, "");
    }
}

TEST(SupabaseHistory, reads_back_as_it_was_kept) {
    ProjectHistory history;
    EXPECT_EQ(read_history(history_text(history)), history);
    history.standing = ProjectFacts{"abcdefghijklmnopqrst", "us-east-1", "pro", 7, 14, true, 17};
    history.status = "RESTORING";
    history.status_since = parse_rfc3339("2026-11-22T03:00:00Z");
    history.pitr_began = parse_rfc3339("2026-11-01T00:00:00Z");
    history.last_evidence = parse_rfc3339("2026-11-22T03:00:00.5Z");
    EXPECT_EQ(read_history(history_text(history)), history);
    for (const char* text :
         {"", "[]", "{}", R"({"status":7})", R"({"status":"","standing":{"ref":1}})"}) {
        EXPECT_EQ(read_history(text), ProjectHistory()) << text;
    }
}

TEST(SupabaseHistory, lets_what_has_got_better_stand_and_not_what_has_got_worse) {
    ProjectHistory history;
    ProjectFacts pro{"abcdefghijklmnopqrst", "", "pro", 7, std::nullopt, false, 0};
    remember(history, pro);
    ProjectFacts team{"abcdefghijklmnopqrst", "eu", "team", 14, 7, true, 17};
    remember(history, team);
    EXPECT_EQ(history.standing, team);
    remember(history, pro);
    EXPECT_EQ(history.standing, team);
    EXPECT_EQ(changes_for_the_worse(*history.standing, pro).size(), 3u);
    EXPECT_TRUE(changes_for_the_worse(*history.standing, team).empty());
}

}  // namespace
}  // namespace backupwatch
