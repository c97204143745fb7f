#include "core/check/finding.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

using enum Severity;

TEST(Severity, orders_so_that_the_worst_of_several_wins) {
    EXPECT_EQ(std::max({ok, critical, warning, unknown}), critical);
    EXPECT_EQ(std::max({ok, warning, unknown}), unknown);
    EXPECT_EQ(std::max({ok, warning}), warning);
}

TEST(Severity, is_read_as_it_is_written) {
    for (const Severity severity : {ok, warning, unknown, critical}) {
        EXPECT_EQ(parse_severity(to_string(severity)), severity);
    }
    EXPECT_FALSE(parse_severity("Critical"));
    EXPECT_FALSE(parse_severity(""));
}

TEST(Severity, has_the_exit_codes_of_the_contract) {
    EXPECT_EQ(exit_code(ok), 0);
    EXPECT_EQ(exit_code(warning), 1);
    EXPECT_EQ(exit_code(critical), 2);
    EXPECT_EQ(exit_code(unknown), 3);
}

}  // namespace
}  // namespace backupwatch
