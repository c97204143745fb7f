#include "core/time/schedule.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

Schedule schedule(const char* text) {
    return std::get<Schedule>(Schedule::parse(text));
}

TEST(Schedule, names_the_next_and_the_latest_slot) {
    struct Case {
        const char* schedule;
        const char* instant;
        const char* latest;
        const char* next;
    };
    // 2026-11-22 is a Sunday.
    const std::vector<Case> cases{
        // Daily: before, at and after the time of day.
        {"03:00", "2026-11-22T02:59:59.999Z", "2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z"},
        {"03:00", "2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z", "2026-11-23T03:00:00Z"},
        {"03:00", "2026-11-22T03:00:00.001Z", "2026-11-22T03:00:00Z", "2026-11-23T03:00:00Z"},
        // Over the ends of a month, a year, a leap day and a year without one.
        {"03:00", "2026-12-31T12:00:00Z", "2026-12-31T03:00:00Z", "2027-01-01T03:00:00Z"},
        {"03:00", "2028-02-28T12:00:00Z", "2028-02-28T03:00:00Z", "2028-02-29T03:00:00Z"},
        {"03:00", "2026-02-28T12:00:00Z", "2026-02-28T03:00:00Z", "2026-03-01T03:00:00Z"},
        // Twice a day, in whatever order they are written.
        {"15:00, 03:00", "2026-11-22T04:00:00Z", "2026-11-22T03:00:00Z", "2026-11-22T15:00:00Z"},
        {"03:00, 15:00", "2026-11-22T16:00:00Z", "2026-11-22T15:00:00Z", "2026-11-23T03:00:00Z"},
        // Weekly.
        {"Sun 04:00", "2026-11-22T03:59:00Z", "2026-11-15T04:00:00Z", "2026-11-22T04:00:00Z"},
        {"Sun 04:00", "2026-11-22T04:00:00Z", "2026-11-22T04:00:00Z", "2026-11-29T04:00:00Z"},
        // Two days, over the Thursday on which the cycle begins.
        {"Mon,Thu 01:30", "2026-11-23T01:30:00Z", "2026-11-23T01:30:00Z", "2026-11-26T01:30:00Z"},
        {"Mon,Thu 01:30", "2026-11-26T01:29:00Z", "2026-11-23T01:30:00Z", "2026-11-26T01:30:00Z"},
        {"Wed,Thu 00:00", "2026-11-25T12:00:00Z", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"},
        // A period, aligned to the epoch.
        {"every 5m", "2026-11-22T03:04:00Z", "2026-11-22T03:00:00Z", "2026-11-22T03:05:00Z"},
        {"every 7h", "1970-01-01T06:59:59Z", "1970-01-01T00:00:00Z", "1970-01-01T07:00:00Z"},
        // Before the epoch: a clock that lost its battery.
        {"03:00", "1969-12-31T12:00:00Z", "1969-12-31T03:00:00Z", "1970-01-01T03:00:00Z"},
        {"every 7h", "1969-12-31T23:00:00Z", "1969-12-31T17:00:00Z", "1970-01-01T00:00:00Z"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(to_rfc3339(schedule(c.schedule).latest(at(c.instant))), c.latest)
            << c.schedule << " at " << c.instant;
        EXPECT_EQ(to_rfc3339(schedule(c.schedule).next(at(c.instant))), c.next)
            << c.schedule << " at " << c.instant;
    }
}

TEST(Schedule, has_no_slot_between_the_latest_and_the_next) {
    for (const char* text : {"03:00", "Sun 04:00", "Mon,Thu 01:30, 13:30", "every 11h"}) {
        const Schedule slots = schedule(text);
        for (Instant now = at("2026-11-01T00:00:00Z"); now < at("2026-12-01T00:00:00Z");
             now += 17min) {
            const Instant latest = slots.latest(now);
            const Instant next = slots.next(now);

            EXPECT_LE(latest, now);
            EXPECT_GT(next, now);
            EXPECT_EQ(slots.next(latest), next);
            EXPECT_EQ(slots.latest(next - 1ms), latest);
        }
    }
}

TEST(Schedule, is_written_in_canonical_form_that_parses_to_itself) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"03:00", "03:00"},
        {" 15:00 ,03:00 ", "03:00, 15:00"},
        {"03:00,03:00", "03:00"},
        {"thu, MON 01:30", "Mon,Thu 01:30"},
        {"Sun  04:00", "Sun 04:00"},
        {"Mon,Tue,Wed,Thu,Fri,Sat,Sun 03:00", "03:00"},
        {"every 300s", "every 5m"},
        {"Every  24h", "every 1d"},
    };
    for (const auto& [written, canonical] : cases) {
        EXPECT_EQ(schedule(written).text(), canonical);
        EXPECT_EQ(schedule(canonical), schedule(written));
    }
}

TEST(Schedule, knows_its_longest_gap) {
    const std::vector<std::pair<const char*, Duration>> cases{
        {"03:00", 24h},
        {"03:00, 15:00", 12h},
        {"03:00, 04:00", 23h},
        {"Sun 04:00", 168h},
        {"Mon,Thu 01:30", 96h},
        {"Wed,Thu 00:00", 144h},
        {"every 5m", 5min},
    };
    for (const auto& [text, gap] : cases) EXPECT_EQ(schedule(text).longest_gap(), gap) << text;
}

TEST(Schedule, says_what_is_wrong_and_what_would_be_right) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"", "an empty schedule: write a time of day as 03:00, a day as Sun 04:00, or every 5m"},
        {"Sunday 04:00",
         R"("Sunday" is not a day of the week: write Mon, Tue, Wed, Thu, Fri, Sat or Sun)"},
        {"Mon,,Tue 04:00",
         R"("" is not a day of the week: write Mon, Tue, Wed, Thu, Fri, Sat or Sun)"},
        {"3:00", R"("3:00" is not a time of day: write hours and minutes in UTC, as 03:00)"},
        {"24:00", R"("24:00" is not a time of day: write hours and minutes in UTC, as 03:00)"},
        {"03:60", R"("03:60" is not a time of day: write hours and minutes in UTC, as 03:00)"},
        {"0300", R"("0300" is not a time of day: write hours and minutes in UTC, as 03:00)"},
        {"03:00:00",
         R"("03:00:00" is not a time of day: write hours and minutes in UTC, as 03:00)"},
        {"03:00,", R"("" is not a time of day: write hours and minutes in UTC, as 03:00)"},
        {"Sun", R"("" is not a time of day: write hours and minutes in UTC, as 03:00)"},
        {"Sun 04:00, Mon 05:00",
         R"("Mon 05:00" is not a time of day: write hours and minutes in UTC, as 03:00)"},
        {"every", R"("every" is not a day of the week: write Mon, Tue, Wed, Thu, Fri, Sat or Sun)"},
        {"every 0s", R"("0s" is not a period of a second or more: write 30s, 5m or 1h)"},
        {"every 999ms", R"("999ms" is not a period of a second or more: write 30s, 5m or 1h)"},
        {"every day", R"("day" is not a period of a second or more: write 30s, 5m or 1h)"},
    };
    for (const auto& [text, sentence] : cases) {
        const auto parsed = Schedule::parse(text);
        ASSERT_TRUE(std::holds_alternative<std::string>(parsed)) << text;
        EXPECT_EQ(std::get<std::string>(parsed), sentence);
    }
}

}  // namespace
}  // namespace backupwatch
