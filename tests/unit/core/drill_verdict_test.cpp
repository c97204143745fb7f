#include "core/backup/drill_verdict.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Kind = Failure::Kind;
using Result = DrillOutcome::Result;

TEST(DrillVerdict, holds_against_the_backup_only_what_the_machine_is_not_to_blame_for) {
    struct Case {
        Kind kind;
        Result before_loading;
        Result loading;
        bool in_content;
    };
    const Case cases[] = {
        {Kind::corrupt, Result::failed, Result::failed, true},
        {Kind::rejected, Result::unknown, Result::failed, true},
        {Kind::timeout, Result::unknown, Result::failed, true},
        {Kind::denied, Result::unknown, Result::unknown, true},  // a view's owner lacks a right
        {Kind::unreachable, Result::unknown, Result::unknown, false},  // the server was killed
        {Kind::exhausted, Result::unknown, Result::unknown, false},
        {Kind::missing, Result::unknown, Result::unknown, false},
        {Kind::usage, Result::unknown, Result::unknown, false},
        {Kind::cancelled, Result::unknown, Result::unknown, false},
        {Kind::internal, Result::unknown, Result::unknown, false},  // std::bad_alloc
    };
    for (const Case& c : cases) {
        const auto number = static_cast<int>(c.kind);
        EXPECT_EQ(verdict_of(c.kind, false, false), c.before_loading) << number;
        EXPECT_EQ(verdict_of(c.kind, true, false), c.loading) << number;
        EXPECT_EQ(verdict_of(c.kind, true, true), Result::failed) << number;
        EXPECT_EQ(speaks_of_content(c.kind), c.in_content) << number;
    }
}

}  // namespace
}  // namespace backupwatch
