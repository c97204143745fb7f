#include "sources/dump/file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace backupwatch {
namespace {

TEST(FileFailure, takes_a_failing_disk_for_damage_only_where_a_file_was_read) {
    EXPECT_EQ(read_failure("read", "/d/x", EIO).kind(), Failure::Kind::corrupt);
    EXPECT_STREQ(read_failure("read", "/d/x", EIO).what(), "cannot read /d/x: Input/output error");
    EXPECT_EQ(file_failure("write", "/d/x", EIO).kind(), Failure::Kind::internal);
    EXPECT_EQ(file_failure("create", "/d/x", EIO).kind(), Failure::Kind::internal);
    EXPECT_EQ(read_failure("read", "/d/x", EACCES).kind(), Failure::Kind::denied);
    EXPECT_EQ(file_failure("write", "/d/x", ENOSPC).kind(), Failure::Kind::exhausted);
}

}  // namespace
}  // namespace backupwatch
