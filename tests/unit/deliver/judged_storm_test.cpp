// Ten thousand databases that fail one by one in one slot, from the finding to what people get.
#include "unit/deliver/storm.hpp"

#include <algorithm>
#include <map>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

std::string name_of_database(int number) {
    return "customer-" + std::to_string(100'000 + number).substr(1);
}

/// Of each severity a third, in no order.
Severity severity_of(int number) {
    constexpr Severity severities[] = {Severity::warning, Severity::critical, Severity::unknown};
    return severities[number % 3];
}

/// The databases that a text names, in its order.
std::vector<int> named_in(const std::string& text) {
    const std::string begin = "customer-";
    std::vector<int> found;
    for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
        found.push_back(std::stoi(text.substr(at + begin.size(), 5)));
    }
    return found;
}

class JudgedStorm {
  public:
    JudgedStorm() {
        policy_.lanes = seam.lanes();
        policy_.steps = default_escalation(policy_.lanes);
        policy_.reminders = {24h, 72h, 168h};
    }

    /// Each look comes back by itself, two in a millisecond. No failures: all have passed.
    void look_at_all(int failures) {
        seam.network.sent.clear();
        for (int number = 0; number < fleet; ++number) {
            Finding finding;
            finding.database = name_of_database(number);
            finding.set = "nightly";
            finding.check = "backup";
            finding.severity = failures == 0 ? Severity::ok : severity_of(number);
            finding.summary = "the backup of tonight failed: connection refused";
            finding.failures = failures;
            Situation situation;
            situation.database = finding.database;
            situation.set = finding.set;
            situation.checks = {finding.check};
            situation.findings = {finding};
            seam.judge(situation, policy_);
            if (number % 2 == 1) seam.clock.advance(1ms);
            if (number % 100 == 99) note_pending();
        }
    }

    /// What Slack got since then: few messages, in which each is named once, the worst first.
    void expect_told_in_the_chat() const {
        const auto contents = received_by(seam, "hooks.slack.com").contents;
        EXPECT_LE(contents.size(), 12U);
        std::vector<int> singly;
        std::vector<int> named;
        for (const std::string& content : contents) {
            const auto of_this = distinct(named_in(content));
            auto& all = of_this.size() == 1 ? singly : named;
            all.insert(all.end(), of_this.begin(), of_this.end());
        }
        EXPECT_LE(singly.size(), 5U);
        EXPECT_TRUE(std::ranges::is_sorted(named, std::ranges::greater(), severity_of));
        named.insert(named.end(), singly.begin(), singly.end());
        EXPECT_EQ(named.size(), std::size_t{fleet});
        EXPECT_EQ(distinct(named).size(), std::size_t{fleet});
    }

    /// The incidents of PagerDuty's events of one sort, each once, in order.
    std::vector<int> events(const std::string& action) const {
        std::vector<int> found;
        for (const std::string& event : received_by(seam, "events.pagerduty.com").contents) {
            const auto document = parsed(event);
            if (text_at(document, "/event_action") != action) continue;
            found.push_back(named_in(text_at(document, "/dedup_key")).at(0));
        }
        EXPECT_EQ(distinct(found).size(), found.size()) << action << " twice";
        return found;
    }
    std::size_t most_pages_a_minute() const {
        return most_within_a_minute(received_by(seam, "events.pagerduty.com").times);
    }
    std::size_t most_pending() const { return most_pending_; }

    void expect_nothing_left() {
        EXPECT_TRUE(seam.delivery->is_idle());
        EXPECT_EQ(run_on(seam.loop, seam.store->outbox(0)).pending.size(), 0U);
    }

    static std::vector<int> distinct(std::vector<int> numbers) {
        std::vector<int> once;
        std::set<int> known;
        for (const int number : numbers) {
            if (known.insert(number).second) once.push_back(number);
        }
        return once;
    }

    DeliverySeam seam{{"slack", "pagerduty"}};

  private:
    void note_pending() {
        for (const NotifierHealth& health : seam.delivery->health()) {
            most_pending_ = std::max(most_pending_, health.pending);
        }
    }

    AlertPolicy policy_;
    std::size_t most_pending_ = 0;
};

/// Of each three, those that are bad enough to page.
constexpr std::size_t paged = fleet / 3 * 2;

TEST(Storm, of_ten_thousand_judged_one_by_one_is_told_and_paged_and_taken_back) {
    const std::size_t before = resident_bytes();
    JudgedStorm storm;
    storm.look_at_all(1);
    storm.seam.clock.advance(3min);
    storm.expect_told_in_the_chat();
    EXPECT_EQ(storm.events("trigger"), std::vector<int>()) << "one night pages nobody";
    storm.expect_nothing_left();

    // The reminder of the day and the second night are one.
    storm.seam.clock.set(night + 24h);
    storm.look_at_all(2);
    storm.seam.clock.advance(10min);
    storm.expect_told_in_the_chat();
    storm.seam.restart();
    storm.seam.clock.advance(1h);
    const auto pages = storm.events("trigger");
    EXPECT_EQ(pages.size(), paged);
    EXPECT_LE(storm.most_pages_a_minute(), 120U);
    // Those that came first found nobody before them.
    EXPECT_TRUE(std::is_sorted(pages.begin() + 1000, pages.end(), [](int one, int other) {
        return severity_of(one) > severity_of(other);
    }));
    storm.expect_nothing_left();

    storm.look_at_all(0);
    storm.seam.clock.advance(70min);
    storm.expect_nothing_left();
    EXPECT_EQ(storm.events("resolve").size(), paged);
    EXPECT_LE(storm.most_pages_a_minute(), 120U);
    const auto contents = received_by(storm.seam, "hooks.slack.com").contents;
    EXPECT_LE(contents.size(), 12U);
    std::vector<int> named;
    for (const std::string& content : contents) {
        for (const int number : named_in(content)) named.push_back(number);
    }
    EXPECT_EQ(JudgedStorm::distinct(std::move(named)).size(), std::size_t{fleet});

    EXPECT_EQ(storm.seam.count("slack", "delivered"), 3 * fleet);
    EXPECT_EQ(storm.seam.count("slack", "dropped"), 0);
    EXPECT_EQ(storm.seam.count("pagerduty", "dropped"), 0);
    for (const Incident& incident : run_on(storm.seam.loop, storm.seam.store->incidents(night))) {
        EXPECT_TRUE(incident.ended_at) << incident.key.database;
    }
    EXPECT_LE(storm.most_pending(), std::size_t{fleet});
    EXPECT_LT(resident_bytes() - before, most_memory);
}

TEST(Storm, of_ten_thousand_that_is_over_before_all_are_paged_pages_nobody_more) {
    JudgedStorm storm;
    storm.look_at_all(2);
    storm.seam.clock.advance(5min);
    const auto pages = storm.events("trigger");
    EXPECT_GE(pages.size(), 400U);
    EXPECT_LE(pages.size(), 750U);

    storm.look_at_all(0);
    storm.seam.clock.advance(70min);
    const auto late = storm.events("trigger");
    // While the looks of the others come back.
    EXPECT_LE(late.size(), 20U);
    const auto resolved = storm.events("resolve");
    EXPECT_EQ(resolved.size(), paged) << "a crash may have kept us from knowing who was called";
    EXPECT_LE(storm.most_pages_a_minute(), 120U);
    EXPECT_LE(storm.most_pending(), paged + paged / 2);
    EXPECT_EQ(storm.seam.count("pagerduty", "dropped"), 0);
    storm.expect_nothing_left();
}

}  // namespace
}  // namespace backupwatch
