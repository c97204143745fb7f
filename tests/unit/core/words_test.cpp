#include "core/words.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(Words, count_in_singular_and_plural) {
    EXPECT_EQ(counted(0, "row"), "0 rows");
    EXPECT_EQ(counted(1, "row"), "1 row");
    EXPECT_EQ(counted(1200, "row"), "1200 rows");
}

TEST(Words, list_names_and_how_many_more) {
    EXPECT_EQ(listed({}), "");
    EXPECT_EQ(listed({"a"}), "a");
    EXPECT_EQ(listed({"a", "b"}), "a and b");
    EXPECT_EQ(listed({"a", "b", "c"}), "a, b and c");
    EXPECT_EQ(listed({"a", "b", "c", "d", "e"}), "a, b, c and 2 more");
}

}  // namespace
}  // namespace backupwatch
