#include "sources/foreign/money_finder.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace backupwatch {
namespace {

struct MoneyCase {
    std::string_view text;
    bool is_found;
};

constexpr MoneyCase money_cases[] = {
    {"1\t$5.00\n", true},
    {"-$1,234,567.89\t", true},
    {"{\"$1,000.00\",$2.00}\n", true},
    {"$$7.50\n", true},
    {"$ 5.00\n", false},
    {"$234,50\n", false},
    {"$1.235\n", false},
    {"$1234.50\n", false},
    {"$1,23.00\n", false},
    {"$.50\n", false},
    {"5.00 $\n", false},
    {"\u00a35.00\t\u20ac1.234,50\tCHF 3.00\n", false},
    {"\\N\t$\n", false},
};

TEST(MoneyFinder, knows_amounts_as_our_sessions_write_them_wherever_the_text_is_cut) {
    for (const MoneyCase& one : money_cases) {
        for (std::size_t at = 0; at <= one.text.size(); ++at) {
            MoneyFinder finder;
            finder.add(one.text.substr(0, at));
            finder.add(one.text.substr(at));
            EXPECT_EQ(finder.found(), one.is_found) << one.text << " " << at;
        }
    }
}

}  // namespace
}  // namespace backupwatch
