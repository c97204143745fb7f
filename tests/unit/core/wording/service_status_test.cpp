// The line that `systemctl status` shows.
#include "core/wording/service_status.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

struct StatusCase {
    const char* name;
    ServiceStatus status;
    const char* line;
};

class ServiceStatusLine : public testing::TestWithParam<StatusCase> {};

TEST_P(ServiceStatusLine, says_it_in_one_line) {
    EXPECT_EQ(to_line(GetParam().status, at("2026-11-21T18:00:00Z")), GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    ServiceStatusLine,
    testing::Values(
        StatusCase{
            "a_night_to_come",
            {3, 1, at("2026-11-22T03:00:00Z")},
            "3 databases, 1 incident, next slot 03:00"},
        StatusCase{
            "a_quiet_week",
            {1, 0, at("2026-11-22T18:00:00Z")},
            "1 database, no incident, next slot 2026-11-22T18:00Z"},
        StatusCase{"no_schedule", {2, 4, std::nullopt}, "2 databases, 4 incidents"},
        StatusCase{
            "a_bad_configuration",
            {1, 0, std::nullopt, false},
            "1 database, no incident, the newest configuration is bad and not in use"}
    ),
    [](const auto& one) { return std::string(one.param.name); }
);

}  // namespace
}  // namespace backupwatch
