#include "core/check/checks.hpp"
#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t capacity = 8'000'000'000;

/// One sample an hour up to noon, ending at `last`, growing by `growth` bytes an hour.
std::vector<DiskSample> growing(std::uint64_t last, std::int64_t growth, int count = 24) {
    std::vector<DiskSample> samples;
    for (int i = count - 1; i >= 0; --i) {
        const auto used = static_cast<std::int64_t>(last) - growth * i;
        samples.push_back({noon - i * 1h, static_cast<std::uint64_t>(used), capacity});
    }
    return samples;
}

/// A sample a minute up to noon.
std::vector<DiskSample> filled(const std::vector<double>& ratios) {
    std::vector<DiskSample> samples;
    Instant at = noon - (ratios.size() - 1) * 1min;
    for (const double ratio : ratios) {
        samples.push_back({at, static_cast<std::uint64_t>(ratio * 1e6), 1'000'000});
        at += 1min;
    }
    return samples;
}

Finding look(const std::vector<DiskSample>& samples) {
    return check_disk({}, samples, {}, noon);
}

TEST(PredictFull, follows_the_line_through_the_samples) {
    // 2 GB are left, and 100 MB come each hour.
    EXPECT_EQ(predict_full(growing(6'000'000'000, 100'000'000)), noon + 20h);
}

TEST(PredictFull, looks_through_noise) {
    auto samples = growing(6'000'000'000, 100'000'000);
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i].used += i % 2 == 0 ? 1'000'000 : 0;
    const Instant full = predict_full(samples).value();

    EXPECT_GT(full, noon + 19h);
    EXPECT_LT(full, noon + 21h);
}

TEST(PredictFull, needs_six_samples_over_an_hour) {
    EXPECT_FALSE(predict_full({}));
    EXPECT_FALSE(predict_full(growing(6'000'000'000, 100'000'000, 5)));
    EXPECT_TRUE(predict_full(growing(6'000'000'000, 100'000'000, 6)));

    auto dense = growing(6'000'000'000, 100'000'000, 6);
    for (std::size_t i = 0; i < 5; ++i) dense[i].at = noon - (5 - static_cast<int>(i)) * 11min;
    EXPECT_FALSE(predict_full(dense));
}

TEST(PredictFull, says_nothing_of_what_does_not_grow) {
    EXPECT_FALSE(predict_full(growing(6'000'000'000, 0)));
    EXPECT_FALSE(predict_full(growing(6'000'000'000, -100'000'000)));
    EXPECT_FALSE(predict_full(growing(6'000'000'000, 1'000))) << "two centuries";
}

TEST(PredictFull, is_now_for_a_full_disk_and_for_a_line_that_has_arrived) {
    EXPECT_EQ(predict_full(growing(capacity, 100'000'000)), noon);

    auto samples = growing(capacity + 200'000'000, 100'000'000);
    samples.back().used = capacity - 1;  // a little was just removed
    EXPECT_EQ(predict_full(samples), noon);
}

TEST(DiskCheck, tells_the_thresholds_with_a_hysteresis_of_two_points) {
    struct Case {
        std::vector<double> ratios;  ///< the newest last
        Severity severity;
    };
    using enum Severity;
    const std::vector<Case> cases{
        {{0.50}, ok},
        {{0.799}, ok},
        {{0.80}, warning},
        {{0.899}, warning},
        {{0.90}, critical},
        {{1.20}, critical},              // over a capacity that was only promised
        {{0.85, 0.79}, warning},         // stays
        {{0.80, 0.79, 0.785}, warning},  // for as long as it is
        {{0.85, 0.779}, ok},             // is left
        {{0.85, 0.779, 0.79}, ok},       // for good
        {{0.95, 0.89}, critical},        // stays
        {{0.95, 0.879}, warning},        // is left, for the one below
        {{0.95, 0.79}, warning},         // which has its own
        {{0.95, 0.779}, ok},             //
        {{0.85, 0.89}, warning},         // a warning is no reason to be critical early
    };
    for (const auto& [ratios, severity] : cases) {
        const Finding finding = look(filled(ratios));
        EXPECT_EQ(finding.severity, severity) << testing::PrintToString(ratios);
        EXPECT_EQ(finding.failures, severity == ok ? 0 : 1);
        EXPECT_EQ(finding.check, "disk");
    }
}

TEST(DiskCheck, tells_a_threshold_no_earlier_for_a_warning_that_was_only_a_forecast) {
    // 79 % after a look that warned of its growth: below the threshold, whatever was said before.
    auto samples = growing(6'000'000'000, 60'000'000);
    ASSERT_EQ(look(samples).severity, Severity::warning);
    samples = {{noon - 1min, 6'200'000'000, capacity}, {noon, 6'320'000'000, capacity}};

    EXPECT_EQ(look(samples).severity, Severity::ok);
}

TEST(DiskCheck, keeps_its_hysteresis_over_a_time_in_which_it_could_not_be_read) {
    ASSERT_EQ(check_disk({}, {}, "connection refused", noon).severity, Severity::unknown);
    const std::vector<DiskSample> after{
        {noon - 1h, 950'000, 1'000'000}, {noon, 890'000, 1'000'000}};

    EXPECT_EQ(look(after).severity, Severity::critical);
}

TEST(DiskCheck, says_how_full_it_is) {
    const Finding fine = look({{noon, 4'100'000'000, capacity}});
    EXPECT_EQ(fine.summary, "51.2% used, 4.10 GB of 8.00 GB");
    EXPECT_EQ(fine.value, "51.2%");
    EXPECT_EQ(fine.threshold, "80%");

    EXPECT_EQ(look({{noon, 7'200'000'000, capacity}}).threshold, "90%");
    EXPECT_EQ(look({{noon, 7'200'000'000, capacity}}).value, "90%");
}

TEST(DiskCheck, warns_of_a_disk_that_will_be_full_within_the_forecast) {
    const Finding soon = look(growing(6'000'000'000, 15'000'000));
    EXPECT_EQ(soon.severity, Severity::warning);
    EXPECT_EQ(
        soon.summary, "75% used, 6.00 GB of 8.00 GB; full in 5 d 13 h if it grows on like this"
    );

    const Finding later = look(growing(6'000'000'000, 11'000'000));
    EXPECT_EQ(later.severity, Severity::ok) << later.summary;
    EXPECT_EQ(later.summary, "75% used, 6.00 GB of 8.00 GB");
}

TEST(DiskCheck, stays_critical_whatever_the_forecast) {
    const Finding finding = look(growing(capacity, 100'000'000));
    EXPECT_EQ(finding.severity, Severity::critical);
    EXPECT_EQ(finding.summary, "100% used, 8.00 GB of 8.00 GB; full now");
}

TEST(DiskCheck, is_unknown_where_it_cannot_be_read) {
    const Finding unreadable =
        check_disk({}, growing(6'000'000'000, 1), "connection refused", noon);
    EXPECT_EQ(unreadable.severity, Severity::unknown);
    EXPECT_EQ(unreadable.summary, "cannot tell how full the disk is: connection refused");
    EXPECT_EQ(unreadable.failures, 1);

    EXPECT_EQ(look({}).summary, "cannot tell how full the disk is: nothing was measured");
    EXPECT_EQ(
        look({{noon, 5, 0}}).summary,
        "cannot tell how full the disk is: its capacity is told as 0 bytes"
    );
}

TEST(DiskCheck, waits_with_a_cause_of_its_source_until_that_has_had_its_tries) {
    struct Case {
        const char* what;
        const char* cause;
        int source_failures;  ///< -1: nothing is found of it yet
        Duration blind;
        Duration poll;
        bool waits;
    };
    const Case cases[] = {
        {"while the source is tried again", "token", 0, 5min, 15min, true},
        {"before the source was ever looked at", "token", -1, 5min, 15min, true},
        {"once the source tells", "token", 1, 5min, 15min, false},
        {"what blames nothing that others share", "", 0, 5min, 15min, false},
        {"just within the tries of the source", "token", 0, 59min, 15min, true},
        {"though the source is well for longer than it would have tried",
         "token",
         0,
         1h,
         15min,
         false},
        {"of a source that is looked at all the time", "token", 0, 59s, 1s, true},
        {"likewise, and for longer", "token", 0, 1min, 1s, false},
        {"of one that is looked at once a day, no longer than this", "token", 0, 2h, 24h, false},
    };
    const Instant now = parse_rfc3339("2026-11-22T12:00:00Z").value();
    for (const auto& [what, cause, source_failures, blind, poll, waits] : cases) {
        Finding source;
        source.failures = source_failures;
        const Finding* known = source_failures < 0 ? nullptr : &source;
        EXPECT_EQ(waits_for_source(cause, known, now - blind, poll, now), waits) << what;
    }
}

}  // namespace
}  // namespace backupwatch
