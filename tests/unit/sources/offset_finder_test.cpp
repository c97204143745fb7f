#include "sources/foreign/offset_finder.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace backupwatch {
namespace {

struct OffsetCase {
    std::string_view text;
    bool is_found;
};

constexpr OffsetCase offset_cases[] = {
    {"1\tpost 1\t2026-01-01 12:00:00+00\n", false},
    {"1\tpost 1\t2026-01-01 12:00:00.123456+00\n", false},
    {"1\tpost 1\t2026-01-01 12:00:00-05\n", true},
    {"1\tpost 1\t2026-01-01 12:00:00.5+01\n", true},
    {"2026-01-01 12:00:00+05:30\t1\n", true},
    // West of Greenwich by less than an hour, and of before there were zones.
    {"1960-01-01 12:00:00-00:44\n", true},
    {"1847-01-01 12:00:00-00:01:15\n", true},
    {"0044-03-15 12:00:00+00 BC\n", false},
    {"0044-03-15 12:00:00+01 BC\n", true},
    {"{\"2026-01-01 12:00:00+00\",\"2026-07-01 12:00:00+02\"}\n", true},
    {"[\"2026-01-01 12:00:00+00\",\"2026-07-01 12:00:00+00\")\n", false},
    {"2026-01-01 12:00:00+00\t2026-01-01 12:00:00+02\n", true},
    {"2026-01-01 12:00:00\t+5\n", false},
    {"at 12:30-05, not 12:3:15+02 or 112:30\n", false},
    {"a:12:30:45+02\n", true},
    {"infinity\t\\N\n", false},
    {"08:00:2b:01:02:03\n", false},
};

TEST(OffsetFinder, knows_a_time_of_another_zone_wherever_the_text_is_cut) {
    for (const OffsetCase& one : offset_cases) {
        for (std::size_t at = 0; at <= one.text.size(); ++at) {
            OffsetFinder finder;
            finder.add(one.text.substr(0, at));
            finder.add(one.text.substr(at));
            EXPECT_EQ(finder.found(), one.is_found) << one.text << at;
        }
    }
}

}  // namespace
}  // namespace backupwatch
