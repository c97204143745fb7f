#include "core/system_failure.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace backupwatch {
namespace {

TEST(SystemFailure, has_the_kind_that_decides_what_is_done) {
    const struct {
        int error;
        Failure::Kind kind;
    } cases[] = {
        {ENOSPC, Failure::Kind::exhausted},
        {EDQUOT, Failure::Kind::exhausted},
        {EMFILE, Failure::Kind::exhausted},
        {ENOENT, Failure::Kind::missing},
        {EACCES, Failure::Kind::denied},
        {EROFS, Failure::Kind::denied},
        {EEXIST, Failure::Kind::rejected},
        {EIO, Failure::Kind::internal},  // of a disk that we write to, it proves nothing
        {ESTALE, Failure::Kind::unreachable},
        {EINVAL, Failure::Kind::internal},
    };
    for (const auto& [error, kind] : cases) {
        EXPECT_EQ(kind_of_system_error(error), kind) << error;
    }
}

TEST(SystemFailure, is_one_sentence) {
    const Failure failure = system_failure("open /x", ENOENT);
    EXPECT_STREQ(failure.what(), "cannot open /x: No such file or directory");
}

}  // namespace
}  // namespace backupwatch
