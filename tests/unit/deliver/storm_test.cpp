// Ten thousand databases that fail in one slot, told through the real notifiers.
#include "seam.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <fstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using enum NoticeKind;

constexpr int fleet = 10'000;

/// Of each severity a third, in no order.
std::vector<Notice> mixed_storm(int count) {
    std::vector<Notice> notices = storm(count);
    constexpr Severity severities[] = {Severity::warning, Severity::critical, Severity::unknown};
    for (std::size_t i = 0; i < notices.size(); ++i) notices[i].severity = severities[i % 3];
    return notices;
}

/// What the process holds in memory, in bytes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t most_memory = 1'600'000'000;  // shadows, and what is freed is kept a while
#else
constexpr std::size_t most_memory = 400'000'000;
#endif

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

struct Received {
    std::vector<std::string> contents;
    std::vector<Duration> times;
};

Received received_by(const DeliverySeam& seam, const std::string& host) {
    Received received;
    for (const auto& sent : seam.network.sent) {
        if (sent.to != host) continue;
        received.contents.push_back(sent.content);
        received.times.push_back(sent.at);
    }
    return received;
}

/// The severity in the order in which PagerDuty was called.
std::vector<std::string> severities_of(const Received& events) {
    std::vector<std::string> severities;
    for (const std::string& event : events.contents) {
        severities.push_back(text_at(parsed(event), "/payload/severity"));
    }
    return severities;
}

std::size_t most_within_a_minute(const std::vector<Duration>& times) {
    std::size_t most = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto end = std::upper_bound(times.begin(), times.end(), times[i] + 60s);
        most = std::max(most, static_cast<std::size_t>(end - times.begin()) - i);
    }
    return most;
}

/// That each is named; which are not, in the failure.
void expect_all_named(const std::vector<std::string>& contents, const std::vector<Notice>& all) {
    std::set<std::string> missing;
    for (const Notice& notice : all) missing.insert(notice.key.database);
    for (const std::string& content : contents) {
        const std::string begin = "customer-";
        for (auto at = content.find(begin); at != content.npos; at = content.find(begin, at + 1)) {
            missing.erase(content.substr(at, begin.size() + 5));
        }
    }
    EXPECT_EQ(missing.size(), 0U) << "first: " << (missing.empty() ? "" : *missing.begin());
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
