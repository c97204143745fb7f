#include "core/check/our_checks.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

TEST(StateCheck, fails_and_counts_for_everything_that_keeps_the_state_from_being_kept) {
    const std::vector<StateObservation> cases{
        {"no space left on device", "", ""},
        {"", "no space left on device", ""},
        {"", "", "/var/lib/backupwatch/state.db.damaged-2026-11-22T03:00:00Z"},
    };
    for (const StateObservation& observed : cases) {
        const Finding finding = check_state(observed);
        const std::string cause = observed.refusal + observed.memory_only + observed.damaged;
        EXPECT_EQ(finding.severity, Severity::critical) << cause;
        EXPECT_EQ(finding.failures, 1) << cause;
        EXPECT_NE(finding.summary.find(cause), std::string::npos) << finding.summary;
    }
    EXPECT_EQ(check_state({}).severity, Severity::ok);
    EXPECT_EQ(check_state({}).failures, 0);
}

TEST(ClockCheck, warns_and_counts_where_the_clock_may_be_wrong) {
    struct Case {
        const char* what;
        ClockObservation observed;
        bool is_warning;
    };
    const std::vector<Case> cases{
        {"synchronised", {}, false},
        {"jumped", {.jump = Duration(48h)}, true},
        {"behind what was recorded", {.is_behind_records = true}, true},
        {"never synchronised here", {.is_synchronised = false, .uptime = 1min}, false},
        {"not yet since the boot",
         {.is_synchronised = false, .was_synchronised = true, .uptime = 59min},
         true},
        {"no longer", {.is_synchronised = false, .was_synchronised = true, .uptime = 1000h}, true},
    };
    for (const auto& c : cases) {
        const Finding finding = check_clock(c.observed);
        EXPECT_EQ(finding.severity, c.is_warning ? Severity::warning : Severity::ok) << c.what;
        EXPECT_EQ(finding.failures, c.is_warning ? 1 : 0) << c.what;
    }
}

TEST(ClockCheck, holds_verdicts_only_where_a_first_synchronisation_is_awaited) {
    const auto awaits = [](bool now, bool before, Duration uptime) {
        ClockObservation observed;
        observed.is_synchronised = now;
        observed.was_synchronised = before;
        observed.uptime = uptime;
        return awaits_synchronisation(observed);
    };
    EXPECT_TRUE(awaits(false, true, 59min));
    EXPECT_FALSE(awaits(false, true, 1h)) << "not for ever";
    EXPECT_FALSE(awaits(false, false, 1min)) << "a container without NTP";
    EXPECT_FALSE(awaits(true, true, 1min));
}

TEST(ClockCheck, tells_the_next_start_whether_the_clock_was_ever_synchronised) {
    ClockObservation observed;
    EXPECT_TRUE(was_synchronised(check_clock(observed)));

    observed.is_synchronised = false;
    EXPECT_FALSE(was_synchronised(check_clock(observed)));

    observed.was_synchronised = true;
    EXPECT_TRUE(was_synchronised(check_clock(observed)));
}

const Instant then = *parse_rfc3339("2026-11-22T03:05:00Z");

/// Of so many days, with so many left, seen so many days ago.
ShownCertificate certificate(int life, int left, int seen) {
    return {{then + Days(left - life), then + Days(left)}, then - Days(seen)};
}

TEST(DeliveryCheck, warns_two_weeks_before_a_certificate_expires) {
    struct Case {
        const char* what;
        std::optional<ShownCertificate> certificate;
        bool is_warning;
    };
    const std::vector<Case> cases{
        {"none was shown", std::nullopt, false},
        {"holds for long", certificate(365, 60, 0), false},
        {"just not yet", certificate(365, 15, 0), false},
        {"two weeks before", certificate(365, 14, 0), true},
        {"the day before", certificate(365, 1, 0), true},
        {"expired, and nothing was sent since", certificate(365, -1, 20), true},
        {"of 90 days, which a program would have renewed", certificate(90, 13, 0), true},
        {"of 90 days, seen in its last third", certificate(90, 13, 17), true},
        {"of 90 days, and a program may have renewed it since", certificate(90, 13, 18), false},
        {"and expired meanwhile", certificate(90, -10, 60), false},
        {"lives for a week, and is renewed all the time", certificate(7, 1, 0), false},
        {"lives for a day", certificate(1, 0, 0), false},
    };
    for (const Case& c : cases) {
        DeliveryObservation observed;
        observed.notifier = "slack";
        observed.certificate = c.certificate;

        const Finding finding = check_delivery(observed, then);

        EXPECT_EQ(finding.severity, c.is_warning ? Severity::warning : Severity::ok) << c.what;
        EXPECT_EQ(finding.failures, c.is_warning ? 1 : 0) << c.what;
        EXPECT_EQ(finding.set, "slack");
        if (!c.is_warning) continue;
        const std::string day = in_words(c.certificate->valid_until);
        EXPECT_NE(finding.summary.find(day), std::string::npos) << finding.summary;
    }
}

TEST(DeliveryCheck, tells_what_fails_now_before_what_will) {
    const Instant now = then;
    DeliveryObservation observed;
    observed.failing = "slack";
    observed.error = "no_service";
    observed.certificate = certificate(365, 5, 0);

    observed.failing_since = now - 1min;
    EXPECT_EQ(check_delivery(observed, now).failures, 1) << "tried again, and it expires";
    observed.failing_since = now - 10min;
    EXPECT_NE(check_delivery(observed, now).summary.find("no_service"), std::string::npos);
    observed.is_broken = true;
    EXPECT_EQ(check_delivery(observed, now).severity, Severity::critical);
}

TEST(DeliveryCheck, has_no_verdict_of_what_is_only_tried_again) {
    const Instant now = *parse_rfc3339("2026-11-22T03:05:00Z");
    DeliveryObservation observed;
    EXPECT_EQ(check_delivery(observed, now).severity, Severity::ok);
    observed.failing = "slack";
    observed.failing_since = now - 1min;
    const Finding tried = check_delivery(observed, now);
    EXPECT_NE(tried.severity, Severity::ok) << "it would end what was told of it being broken";
    EXPECT_EQ(tried.failures, 0) << "nor does it begin anything";
    observed.is_broken = true;
    EXPECT_EQ(check_delivery(observed, now).failures, 1);
    observed.is_broken = false;
    observed.failing_since = now - 10min;
    EXPECT_EQ(check_delivery(observed, now).failures, 1);
}

}  // namespace
}  // namespace backupwatch
