#include "sources/dump/taking.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

constexpr std::uint64_t slack = 64 << 20;

TEST(DumpSpace, is_estimated_as_half_the_database_before_the_first_dump) {
    EXPECT_EQ(estimated_size(1'000'000'000, std::nullopt), 500'000'000 + slack);
}

TEST(DumpSpace, is_estimated_from_the_last_dump_and_how_the_database_has_grown) {
    const PreviousDump previous{150'000'000, 1'000'000'000};

    EXPECT_NEAR(static_cast<double>(estimated_size(1'000'000'000, previous) - slack), 195e6, 1);
    EXPECT_NEAR(static_cast<double>(estimated_size(2'000'000'000, previous) - slack), 390e6, 1);
}

TEST(DumpSpace, bears_a_last_dump_that_says_nothing_of_its_database) {
    EXPECT_EQ(estimated_size(1'000'000'000, PreviousDump{5, 0}), 500'000'000 + slack);
}

}  // namespace
}  // namespace backupwatch
