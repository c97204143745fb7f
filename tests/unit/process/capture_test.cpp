#include "process/capture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace backupwatch {
namespace {

using Lines = std::vector<std::string>;

TEST(FirstBytes, keeps_the_first_mebibyte_and_no_more) {
    FirstBytes output;
    output.add("begin ");
    for (int i = 0; i < 40; ++i) output.add(std::string(65536, 'x'));

    const std::string text = output.take();

    EXPECT_EQ(text.size(), 1024U * 1024U);
    EXPECT_TRUE(text.starts_with("begin xxx"));
}

TEST(LastLines, joins_the_pieces_of_a_line) {
    Lines heard;
    LastLines lines([&](std::string_view line) { heard.emplace_back(line); });
    for (const char* piece :
         {"pg_dump: er", "ror: ", "no such table\npg_", "dump: hint", "\n\nend"}) {
        lines.add(piece);
    }
    lines.finish();

    const Lines expected{"pg_dump: error: no such table", "pg_dump: hint", "", "end"};
    EXPECT_EQ(heard, expected);
    EXPECT_EQ(lines.take(), expected);
}

TEST(LastLines, keeps_the_last_twenty) {
    LastLines lines(nullptr);
    for (int i = 1; i <= 100; ++i) lines.add("line " + std::to_string(i) + "\n");
    lines.finish();

    const Lines kept = lines.take();

    ASSERT_EQ(kept.size(), 20U);
    EXPECT_EQ(kept.front(), "line 81");
    EXPECT_EQ(kept.back(), "line 100");
}

TEST(LastLines, cuts_a_line_that_is_too_long_and_goes_on_with_the_next) {
    LastLines lines(nullptr);
    for (int i = 0; i < 10; ++i) lines.add(std::string(1000, 'x'));
    lines.add("\nnext\n");

    const Lines kept = lines.take();

    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0], std::string(2048, 'x'));
    EXPECT_EQ(kept[1], "next");
}

}  // namespace
}  // namespace backupwatch
