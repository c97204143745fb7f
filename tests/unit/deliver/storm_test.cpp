// Ten thousand databases that fail in one slot, told through the real notifiers.
#include "unit/deliver/storm.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using enum NoticeKind;

/// Of each severity a third, in no order.
std::vector<Notice> mixed_storm(int count) {
    std::vector<Notice> notices = storm(count);
    constexpr Severity severities[] = {Severity::warning, Severity::critical, Severity::unknown};
    for (std::size_t i = 0; i < notices.size(); ++i) notices[i].severity = severities[i % 3];
    return notices;
}

TEST(Storm, of_ten_thousand_is_a_handful_of_messages_and_pages_within_the_limit) {
    const std::size_t before = resident_bytes();
    DeliverySeam seam({"slack", "pagerduty", "webhook"});
    const auto notices = mixed_storm(fleet);
    seam.tell(notices);
    seam.clock.advance(2min);
    // Three lanes of ten thousand notices of about a kilobyte, twice, and the state itself.
    EXPECT_LT(resident_bytes() - before, most_memory);

    for (const auto& [channel, host] :
         {std::pair{"slack", "hooks.slack.com"}, {"webhook", "ops.example.com"}}) {
        SCOPED_TRACE(channel);
        const auto contents = received_by(seam, host).contents;
        EXPECT_LE(contents.size(), 12U);
        expect_all_named(contents, notices);
        EXPECT_EQ(seam.count(channel, "delivered"), fleet);
        EXPECT_NE(contents.front().find("CRITICAL"), std::string::npos);
        EXPECT_EQ(contents.back().find("CRITICAL"), std::string::npos) << "least severe last";
    }

    seam.restart();
    seam.clock.advance(1min);
    const Received events = received_by(seam, "events.pagerduty.com");
    EXPECT_LE(most_within_a_minute(events.times), 120U);
    EXPECT_GE(events.times.size(), 250U) << "nor far below";
    for (const std::string& severity : severities_of(events)) EXPECT_EQ(severity, "critical");
    const auto kept = run_on(seam.loop, seam.store->outbox(0));
    EXPECT_EQ(kept.pending.size() + events.contents.size(), std::size_t{fleet}) << "none is lost";
}

TEST(Storm, is_paged_one_by_one_to_the_end) {
    constexpr int count = 600;
    DeliverySeam seam({"pagerduty"});
    const auto notices = mixed_storm(count);
    seam.tell(notices);
    seam.clock.advance(7min);
    const Received events = received_by(seam, "events.pagerduty.com");
    EXPECT_EQ(events.contents.size(), std::size_t{count});
    expect_all_named(events.contents, notices);
    EXPECT_LE(most_within_a_minute(events.times), 120U);
    const auto severities = severities_of(events);
    const auto last = [&](const char* severity) {
        return std::find(severities.rbegin(), severities.rend(), severity) - severities.rbegin();
    };
    EXPECT_GT(last("critical"), last("error"));
    EXPECT_GT(last("error"), last("warning"));
    EXPECT_TRUE(seam.delivery->is_idle());
}

/// Promise 17: while nobody takes anything, what is said again of the same takes no more room.
TEST(Storm, that_goes_on_takes_no_more_room_than_its_incidents) {
    DeliverySeam seam({"slack", "pagerduty", "email", "webhook"});
    seam.network.refuses = true;
    constexpr std::size_t count = 200;
    std::vector<Notice> notices = storm(count);
    seam.tell(notices);
    for (Notice& notice : notices) notice.kind = again;
    for (int round = 0; round < 10; ++round) seam.tell(notices);
    seam.restart();
    for (int round = 0; round < 5; ++round) seam.tell(notices);
    for (const NotifierHealth& health : seam.delivery->health()) {
        EXPECT_LE(health.pending, 2 * count) << health.name;
    }
}

}  // namespace
}  // namespace backupwatch
