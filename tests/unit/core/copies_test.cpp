#include "core/backup/copies.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

const Instant n1 = at("2026-11-20T03:00"), n2 = at("2026-11-21T03:00"), n3 = at("2026-11-22T03:00");

TEST(Copies, are_as_old_as_the_first_of_the_same_bytes) {
    struct Case {
        const char* what;
        std::vector<DatedDump> dumps;
        std::vector<std::optional<Instant>> since;
    };
    const std::vector<Case> cases{
        {"each its own", {{"a", n1}, {"b", n2}}, {{}, {}}},
        {"the same anew", {{"a", n1}, {"b", n2}, {"a", n3}}, {{}, {}, n1}},
        {"in any order", {{"a", n3}, {"a", n1}, {"a", n2}}, {n1, {}, n1}},
        {"the first is gone, and known by the next", {{"a", n2, n1}, {"a", n3}}, {n1, n1}},
        {"what was known stays", {{"a", n3, n1}}, {n1}},
        {"with its date", {{"a", n2}, {"a", n2}}, {{}, {}}},
        {"bytes that hold a date tell nothing", {{"", n1}, {"", n2}}, {{}, {}}},
    };
    for (const Case& c : cases) {
        auto dumps = c.dumps;
        find_copies(dumps);
        std::vector<std::optional<Instant>> since;
        for (const DatedDump& dump : dumps) since.push_back(dump.since);
        EXPECT_EQ(since, c.since) << c.what;
    }
}

}  // namespace
}  // namespace backupwatch
