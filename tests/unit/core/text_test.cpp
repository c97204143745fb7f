#include "core/text.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::string_literals;

TEST(CleanLine, leaves_an_ordinary_text_alone) {
    EXPECT_EQ(clean_line("postry-ai/nightly: 151.2 MB"), "postry-ai/nightly: 151.2 MB");
    EXPECT_EQ(clean_line("\u00E9t\u00E9 \u65E5 \U0001F525"), "\u00E9t\u00E9 \u65E5 \U0001F525");
    EXPECT_EQ(clean_line(""), "");
}

TEST(CleanLine, makes_one_blank_of_line_ends_and_control_characters) {
    EXPECT_EQ(clean_line("  a\r\n\tb\0c\x1B[0m\x7F "s), "a b c [0m");
    EXPECT_EQ(clean_line("a\u0085b\u2028c\u00A0d"), "a b c d");
}

TEST(CleanLine, drops_what_turns_text_round_or_cannot_be_seen) {
    EXPECT_EQ(clean_line("a\u202Eb\u2066c\u200Fd\uFEFF\u200B"), "abcd");
}

TEST(CleanLine, replaces_what_is_not_utf_8) {
    const std::string no = "\uFFFD";
    EXPECT_EQ(
        clean_line("a\xFF"
                   "b"),
        "a" + no + "b"
    );
    EXPECT_EQ(clean_line("\xC3"), no);
    EXPECT_EQ(clean_line("\xC0\x80"), no + no);                    // overlong
    EXPECT_EQ(clean_line("\xED\xA0\x80"), no + no + no);           // a surrogate
    EXPECT_EQ(clean_line("\xF4\x90\x80\x80"), no + no + no + no);  // past the last
}

TEST(Cut, counts_code_points_and_ends_with_an_ellipsis) {
    EXPECT_EQ(cut("abc", 3), "abc");
    EXPECT_EQ(cut("abcd", 3), "ab\u2026");
    EXPECT_EQ(cut("\u00E9\u00E9\u00E9\u00E9", 4), "\u00E9\u00E9\u00E9\u00E9");
    EXPECT_EQ(cut("\u00E9\u00E9\u00E9\u00E9", 2), "\u00E9\u2026");
    EXPECT_EQ(cut("abc", 1), "\u2026");
    EXPECT_EQ(cut("abc", 0), "");
}

TEST(Cut, never_splits_a_code_point_when_it_counts_bytes) {
    EXPECT_EQ(cut_bytes("abc", 3), "abc");
    EXPECT_EQ(cut_bytes("abcdef", 5), "ab\u2026");
    EXPECT_EQ(cut_bytes("\U0001F525\U0001F525", 7), "\U0001F525\u2026");
    EXPECT_EQ(cut_bytes("\U0001F525\U0001F525", 6), "\u2026");
    EXPECT_EQ(cut_bytes("abcdef", 2), "");
}

}  // namespace
}  // namespace backupwatch
