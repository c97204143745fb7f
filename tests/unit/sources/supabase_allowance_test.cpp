#include "sources/supabase/allowance.hpp"

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

}  // namespace
}  // namespace backupwatch
