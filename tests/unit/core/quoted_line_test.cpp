#include "core/quoted_line.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(QuotedLine, is_one_field_on_one_line_whatever_the_text_holds) {
    EXPECT_EQ(quoted_line(""), R"("")");
    EXPECT_EQ(quoted_line("plain, ü"), R"("plain, ü")");
    EXPECT_EQ(quoted_line(R"(pg_dump of "shop" \ x)"), R"("pg_dump of \"shop\" \\ x")");
    EXPECT_EQ(quoted_line("one\ntwo\r\tthree"), R"("one\ntwo\r\tthree")");
    EXPECT_EQ(quoted_line(std::string_view("\0\x1b[31m\x7f", 7)), R"("\u0000\u001b[31m\u007f")");
}

}  // namespace
}  // namespace backupwatch
