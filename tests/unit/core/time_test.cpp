#include "core/time/time.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

TEST(Rfc3339, writes_milliseconds_only_where_there_are_some) {
    EXPECT_EQ(to_rfc3339(at("2026-11-22T03:00:00Z")), "2026-11-22T03:00:00Z");
    EXPECT_EQ(to_rfc3339(at("2026-11-22T03:00:00.040Z")), "2026-11-22T03:00:00.040Z");
    EXPECT_EQ(to_rfc3339(Instant()), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(Instant(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, reads_every_spelling_of_one_instant) {
    const Instant expected(1'795'316'400s);
    for (const char* text : {
             "2026-11-22T03:00:00Z",
             "2026-11-22t03:00:00z",
             "2026-11-22 03:00:00Z",
             "2026-11-22T03:00:00.000Z",
             "2026-11-22T03:00:00.0009999999999999999999Z",
             "2026-11-22T04:30:00+01:30",
             "2026-11-21T20:00:00-07:00",
             "2026-11-22T03:00:00-00:00",
         }) {
        EXPECT_EQ(parse_rfc3339(text), expected) << text;
    }
}

TEST(Moment, is_read_as_a_person_types_it) {
    const std::pair<const char*, const char*> table[] = {
        {"2026-11-22T04:30:00+01:30", "2026-11-22T03:00:00Z"},
        {"2026-11-22", "2026-11-22T00:00:00Z"},
        {"2026-11-22 03:00", "2026-11-22T03:00:00Z"},
        {"2026-11-22T03:00", "2026-11-22T03:00:00Z"},
        {"2026-11-22T03:00Z", "2026-11-22T03:00:00Z"},  // as it is shown everywhere
        {"2026-11-22 03:00:30", "2026-11-22T03:00:30Z"},
    };
    for (const auto& [text, instant] : table) {
        EXPECT_EQ(parse_moment(text), at(instant)) << text;
    }
    for (const char* text :
         {"",
          "Z",
          "now",
          "03:00",
          "2026-11",
          "2026-11-22 3",
          "2026-11-22Z",
          "2026-11-31",
          "2026-11-22 25:00",
          "2026-11-22 03:00 +01:00",
          "2026-11-22 03:00:00:00"}) {
        EXPECT_FALSE(parse_moment(text)) << text;
    }
}

TEST(Rfc3339, reads_fractions_to_the_millisecond) {
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.5Z"), Instant(500ms));
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.25Z"), Instant(1250ms));
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.123999Z"), Instant(123ms));
}

TEST(Rfc3339, knows_leap_days_and_takes_a_leap_second_for_the_next_midnight) {
    EXPECT_TRUE(parse_rfc3339("2028-02-29T00:00:00Z"));
    EXPECT_FALSE(parse_rfc3339("2026-02-29T00:00:00Z"));
    EXPECT_FALSE(parse_rfc3339("2100-02-29T00:00:00Z"));
    EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), at("2017-01-01T00:00:00Z"));
    EXPECT_EQ(parse_rfc3339("2016-12-31T15:59:60.7-08:00"), at("2017-01-01T00:00:00Z"));
    EXPECT_FALSE(parse_rfc3339("2016-12-31T22:59:60Z"));
}

TEST(Rfc3339, refuses_everything_else) {
    for (const char* text : {
             "",
             "2026-11-22",                 // no time
             "2026-11-22T03:00Z",          // no seconds
             "2026-11-22T03:00:00",        // no offset: whose time?
             "2026-11-22T03:00:00+0100",   // no colon
             "2026-11-22T03:00:00+01:60",  // no such offset
             "2026-11-22T03:00:00+24:00",  //
             "2026-11-22T03:00:00+1",      //
             "2026-11-22T03:00:00.Z",      // a point and no fraction
             "2026-11-22T24:00:00Z",       // no such hour
             "2026-11-22T03:60:00Z",       // no such minute
             "2026-11-22T03:00:61Z",       // no such second
             "2026-11-31T03:00:00Z",       // no such day
             "2026-13-01T03:00:00Z",       // no such month
             "2026-00-01T03:00:00Z",       //
             "2026-01-00T03:00:00Z",       //
             "26-11-22T03:00:00Z",         // two digits
             "2026-1-22T03:00:00Z",        // one digit
             "2026-11-2T03:00:00Z",        //
             "2026/11/22T03:00:00Z",       // other separators
             "2026-11/22T03:00:00Z",       //
             "2026-11-22_03:00:00Z",       //
             "2026-11-22T03-00:00Z",       //
             "2026-11-22T03:00:00Z ",      // something after
             " 2026-11-22T03:00:00Z",      // something before
             "2026-11-22T03:00:00ZZ",      //
             "-026-11-22T03:00:00Z",       //
             "last night",                 //
         }) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(Rfc3339, reads_back_what_it_wrote) {
    for (std::int64_t i = -2'000; i < 2'000; ++i) {
        const Instant instant(Duration(i * 12'345'678'901));
        EXPECT_EQ(parse_rfc3339(to_rfc3339(instant)), instant);
    }
}

TEST(InstantInWords, is_short_and_cut_to_the_minute) {
    EXPECT_EQ(in_words(at("2026-11-22T03:00:59.999Z")), "2026-11-22T03:00Z");
}

struct DurationCase {
    const char* text;
    Duration duration;
    const char* canonical;
};

TEST(DurationText, is_read_and_written_in_its_shortest_spelling) {
    const std::vector<DurationCase> cases{
        {"200ms", 200ms, "200ms"},
        {"30s", 30s, "30s"},
        {"5m", 5min, "5m"},
        {"26h", 26h, "26h"},
        {"7d", 168h, "7d"},
        {"24h", 24h, "1d"},
        {"90s", 90s, "90s"},
        {"60000ms", 1min, "1m"},
        {"0h", 0s, "0s"},
        {"36500d", 36'500 * 24h, "36500d"},  // a century, the most
    };
    for (const auto& [text, duration, canonical] : cases) {
        EXPECT_EQ(parse_duration(text), duration) << text;
        EXPECT_EQ(to_text(duration), canonical);
        EXPECT_EQ(parse_duration(canonical), duration) << canonical;
    }
}

TEST(DurationText, refuses_everything_else) {
    for (const char* text : {
             "",
             "5",                       // of what?
             "m",                       // how many?
             "5 m",                     //
             " 5m",                     //
             "5m ",                     //
             "-5m",                     // backwards
             "+5m",                     //
             "1.5h",                    // whole numbers only
             "5min",                    // units as they are written in the manual
             "5M",                      //
             "1w",                      //
             "1h30m",                   // one unit
             "36501d",                  // more than a century
             "9223372036854775807d",    // would overflow milliseconds
             "99999999999999999999ms",  // overflows 64 bits
         }) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(DurationInWords, has_at_most_two_units_and_rounds_down) {
    const std::vector<std::pair<Duration, const char*>> cases{
        {0ms, "0 s"},
        {12ms, "12 ms"},
        {100ms, "0.1 s"},
        {899ms, "0.8 s"},
        {1s, "1 s"},
        {1999ms, "1.9 s"},
        {9999ms, "9.9 s"},
        {10'900ms, "10 s"},
        {60s, "1 min"},
        {250s, "4 min 10 s"},
        {60min - 1ms, "59 min 59 s"},
        {1h, "1 h"},
        {26h, "1 d 2 h"},
        {24h + 59min, "1 d"},
        {51h + 59min, "2 d 3 h"},
        {365 * 24h, "365 d"},
        {-90s, "-1 min 30 s"},
    };
    for (const auto& [duration, words] : cases) EXPECT_EQ(in_words(duration), words);
}

}  // namespace
}  // namespace backupwatch
