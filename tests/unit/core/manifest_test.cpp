#include "core/backup/manifest.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace backupwatch {
namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();

Rows sum(Rows a, const Rows& b) {
    a += b;
    return a;
}

TEST(Rows, add_up_modulo_two_to_the_128) {
    EXPECT_EQ(sum({2, 1, 5}, {3, 4, 6}), (Rows{5, 5, 11}));
    // The low half carries into the high one.
    EXPECT_EQ(sum({1, 0, most}, {1, 0, 1}), (Rows{2, 1, 0}));
    EXPECT_EQ(sum({1, 0, most}, {1, 0, most}), (Rows{2, 1, most - 1}));
    EXPECT_EQ(sum({1, 7, 1}, {1, 0, most}), (Rows{2, 8, 0}));
    // And the whole wraps around.
    EXPECT_EQ(sum({1, most, most}, {1, 0, 1}), (Rows{2, 0, 0}));
}

TEST(Rows, add_up_in_any_order_and_count_a_duplicate) {
    const Rows a{1, 0x1234'5678'9abc'def0, 0xffff'ffff'0000'0001};
    const Rows b{1, 0x8000'0000'0000'0000, 0xffff'ffff'ffff'fff0};

    EXPECT_EQ(sum(a, b), sum(b, a));
    EXPECT_EQ(sum(sum(a, b), a), sum(a, sum(b, a)));
    EXPECT_NE(sum(sum(a, a), b), b);
}

TEST(RowsHash, is_written_and_read_back_as_32_digits) {
    EXPECT_EQ(hash_text({}), "00000000000000000000000000000000");
    const Rows rows{7, 0x0123'4567'89ab'cdef, 0xfedc};
    EXPECT_EQ(hash_text(rows), "0123456789abcdef000000000000fedc");
    EXPECT_EQ(parse_rows(7, hash_text(rows)), rows);
    EXPECT_EQ(parse_rows(0, std::string(32, 'f')), (Rows{0, most, most}));
}

TEST(RowsHash, is_nothing_else_than_32_digits) {
    for (const char* text : {
             "",
             "0123456789abcdef000000000000fed",    // one short
             "0123456789abcdef000000000000fedc0",  // one long
             "0123456789abcdeg000000000000fedc",   // no digit, in the first half
             "0123456789abcdef 00000000000fedc",   // nor in the second
             "0123456789ABCDEF000000000000FEDC",   // we never write those
             "0x23456789abcdef000000000000fedc",   //
             "-123456789abcdef000000000000fedc",   //
         }) {
        EXPECT_FALSE(parse_rows(1, text)) << text;
    }
}

}  // namespace
}  // namespace backupwatch
