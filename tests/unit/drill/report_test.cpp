#include "drill/report.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

VerifiedTable table(std::uint64_t rows, bool ok, bool compared) {
    VerifiedTable result;
    result.rows = rows;
    result.ok = ok;
    result.compared = compared;
    return result;
}

TEST(DrillReport, counts_as_verified_only_rows_that_were_compared_and_are_right) {
    DrillReport report;
    report.verification.tables = {
        table(1000, true, true), table(200, true, false), table(30, false, true)};
    EXPECT_EQ(report.verified_rows(), 1000u);
}

}  // namespace
}  // namespace backupwatch
