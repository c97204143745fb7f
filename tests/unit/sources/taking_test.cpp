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

TEST(DumpSpace, is_never_that_of_a_last_dump_that_claims_what_cannot_be) {
    const PreviousDump absurd{1ULL << 53, 1, 1ULL << 53};
    EXPECT_EQ(estimated_size(1'000'000'000, absurd), 2'600'000'000 + slack);
    EXPECT_EQ(estimated_rows(1'000'000'000, {}, absurd), 1'000'000'000'000'000'000u);
}

std::vector<DumpedTable> tables_of(const std::vector<std::uint64_t>& sizes) {
    std::vector<DumpedTable> tables;
    for (const std::uint64_t size : sizes) tables.emplace_back().bytes = size;
    return tables;
}

TEST(DumpProgress, goes_before_the_first_dump_to_what_the_tables_occupy) {
    EXPECT_EQ(estimated_rows(1'000, tables_of({300, 40}), std::nullopt), 340u);
    EXPECT_EQ(estimated_rows(1'000, {}, std::nullopt), 0u);
}

TEST(DumpProgress, goes_then_to_what_the_last_dump_had_and_how_the_database_has_grown) {
    const PreviousDump previous{150, 1'000, 400};

    EXPECT_EQ(estimated_rows(1'000, tables_of({300}), previous), 400u);
    EXPECT_EQ(estimated_rows(2'000, tables_of({300}), previous), 800u);
    EXPECT_EQ(estimated_rows(500, tables_of({300}), previous), 200u);
}

TEST(DumpProgress, bears_a_last_dump_that_says_nothing_of_its_rows) {
    EXPECT_EQ(estimated_rows(1'000, tables_of({300}), PreviousDump{150, 1'000, 0}), 300u);
    EXPECT_EQ(estimated_rows(1'000, tables_of({300}), PreviousDump{150, 0, 400}), 300u);
}

}  // namespace
}  // namespace backupwatch
