#include "core/incident/incident.hpp"
#include "core/incident/step.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

const Instant told_at = *parse_rfc3339("2026-11-22T03:05:00Z");

Lane mailbox(const std::string& notifier, const std::string& endpoint) {
    return {notifier, "m@example.com", endpoint};
}

LedgerEntry queued(const Lane& lane) {
    LedgerEntry entry;
    entry.lane = lane;
    entry.steps = {{"first", Severity::critical}};
    return entry;
}

TEST(Likeness, is_of_the_endpoint_before_the_name) {
    struct Row {
        Lane other;
        Likeness likeness;
    };
    Lane pager = mailbox("a", "another");
    pager.pages = true;
    const Row rows[] = {
        {mailbox("a", "one"), Likeness::both},
        {mailbox("renamed", "one"), Likeness::endpoint},
        {mailbox("a", "another"), Likeness::name},
        {pager, Likeness::none},  // what was for a mailbox calls nobody
        {mailbox("renamed", "another"), Likeness::none},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(likeness(mailbox("a", "one"), row.other), row.likeness) << name_of(row.other);
    }
}

/// A mailbox that two notifiers name.
TEST(Ledger, knows_two_notifiers_of_one_endpoint_apart) {
    const Lane one = mailbox("a", "shared");
    const Lane other = mailbox("b", "shared");
    Incident incident;
    incident.told = {queued(one), queued(other)};
    note(incident, {other, other, 1, told_at, Arrival::told, told_at});
    EXPECT_EQ(incident.told[0].arrival, Arrival::queued);
    EXPECT_EQ(incident.told[1].arrival, Arrival::told);
    EXPECT_EQ(incident.told[1].lane, other);
    const AlertPolicy policy{{one, other}, {}, {}};
    EXPECT_EQ(told_of(incident, other, policy), &incident.told[1]);
}

TEST(Ledger, follows_what_waits_to_another_lane) {
    Lane before = mailbox("a", "one");
    before.route = "opened with";
    Incident incident;
    incident.told = {queued(before)};
    Lane now = mailbox("a", "another");
    now.route = "of now";
    note(incident, {before, now, 1, told_at, Arrival::queued, told_at});
    EXPECT_EQ(incident.told[0].lane.endpoint, "another");
    EXPECT_EQ(incident.told[0].lane.route, "opened with") << "what it is closed with";
    EXPECT_FALSE(incident.told[0].reached_at) << "it still waits";
}

TEST(Ledger, is_told_by_the_last_of_each_sort_what_all_that_wait_would_tell_it) {
    const Lane a = mailbox("a", "one");
    const Lane b = mailbox("b", "another");
    Incident one_by_one;
    one_by_one.id = 1;
    one_by_one.told = {queued(a), queued(b)};
    Incident at_once = one_by_one;
    std::vector<Answer> waiting;
    for (int hour = 0; hour < 100; ++hour) {
        const Instant at = told_at + std::chrono::hours(hour);
        const Lane& lane = hour % 3 == 0 ? b : a;
        const Arrival arrival = hour % 5 == 0 ? Arrival::refused : Arrival::told;
        Lane sent_to = lane;
        if (hour % 7 == 1) sent_to.route = "of now";
        const Answer answer{lane, sent_to, 1, at, arrival, at};
        note(one_by_one, answer);
        add(waiting, answer);
    }
    for (const Answer& answer : waiting) note(at_once, answer);

    EXPECT_EQ(at_once, one_by_one);
    EXPECT_LE(waiting.size(), 8u);
}

}  // namespace
}  // namespace backupwatch
