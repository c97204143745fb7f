#include "core/check/unseen.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

TEST(Unseen, is_a_set_after_three_polls_and_the_time_of_a_look) {
    EXPECT_EQ(longest_silence(15min), 46min);
    EXPECT_EQ(longest_silence(1s), 63s);
}

TEST(Unseen, makes_every_check_unknown_since_the_last_look_or_since_it_failed) {
    Finding fine;
    fine.check = "size";
    fine.value = "151 MB";
    Finding failing;
    failing.check = "restore";
    failing.severity = Severity::critical;
    failing.failures = 2;
    failing.since = at("2026-11-20T03:00");

    const auto told = unseen({fine, failing}, at("2026-11-22T03:00"), 24h, at("2026-11-22T04:00"));

    ASSERT_EQ(told.size(), 2u);
    for (const Finding& finding : told) {
        EXPECT_EQ(finding.severity, Severity::unknown);
        EXPECT_TRUE(finding.summary.starts_with("not looked at since 2026-11-22T03:00Z"))
            << finding.summary;
        EXPECT_EQ(finding.value, "");
    }
    EXPECT_EQ(told[0].since, at("2026-11-22T03:00"));
    EXPECT_EQ(told[0].failures, 1);
    EXPECT_EQ(told[1].since, at("2026-11-20T03:00"));
    EXPECT_EQ(told[1].failures, 2);
}

TEST(Unseen, is_told_by_two_checks_where_no_look_ever_came_back) {
    const auto told = unseen({}, at("2026-11-22T03:00"), 24h, at("2026-11-22T04:00"));
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].check, "backup");
    EXPECT_EQ(told[1].check, "source");
}

TEST(Unseen, fails_once_more_with_each_period) {
    const Instant last = at("2026-11-22T03:00");
    const auto failures_after = [&](Duration silence) {
        return unseen({}, last, 24h, last + silence).front().failures;
    };
    EXPECT_EQ(failures_after(46min), 1);
    EXPECT_EQ(failures_after(24h - 1s), 1);
    EXPECT_EQ(failures_after(24h), 2);
    EXPECT_EQ(failures_after(72h), 4);
    EXPECT_EQ(failures_after(-24h), 1) << "the clock was set back";
}

}  // namespace
}  // namespace backupwatch
