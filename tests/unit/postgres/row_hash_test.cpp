#include "postgres/row_hash.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

Rows hashed(std::string_view text, std::size_t piece_size = std::string_view::npos) {
    CopyHasher hasher;
    for (std::size_t at = 0; at < text.size(); at += std::min(piece_size, text.size() - at)) {
        hasher.add(text.substr(at, piece_size));
    }
    return hasher.rows();
}

bool ends(std::string_view text, std::size_t piece_size = std::string_view::npos) {
    CopyHasher hasher;
    for (std::size_t at = 0; at < text.size(); at += std::min(piece_size, text.size() - at)) {
        hasher.add(text.substr(at, piece_size));
    }
    return hasher.ended();
}

// Manifests outlive the program: the hash of a row is part of their format.
TEST(RowHash, of_a_row_never_changes) {
    const Rows row = hash_row("1\talice@example.com\t\\N");

    EXPECT_EQ(row.count, 1u);
    EXPECT_EQ(row.hash_high, 0xc5929d986d687a4fu);
    EXPECT_EQ(row.hash_low, 0xea036c8238b043abu);
}

TEST(RowHash, ignores_the_newline_of_a_row) {
    EXPECT_EQ(hash_row("1\ta\n"), hash_row("1\ta"));
}

TEST(RowHash, of_a_table_does_not_depend_on_the_order_of_its_rows) {
    EXPECT_EQ(hashed("1\ta\n2\tb\n3\tc\n\\.\n"), hashed("3\tc\n1\ta\n2\tb\n\\.\n"));
}

TEST(RowHash, counts_a_duplicated_row_instead_of_cancelling_it) {
    const Rows once = hashed("1\ta\n");
    const Rows thrice = hashed("1\ta\n1\ta\n1\ta\n");

    EXPECT_EQ(thrice.count, 3u);
    EXPECT_NE(thrice.hash_low, once.hash_low);
}

TEST(RowHash, changes_with_one_value) {
    EXPECT_NE(hashed("1\ta\n2\tb\n"), hashed("1\ta\n2\tc\n"));
}

TEST(RowHash, is_the_same_in_pieces_of_any_size) {
    const std::string text = "1\tshort\n\n2\t" + std::string(1000, 'x') + "\n3\t\\\\.\n\\.\n\n\n";

    for (std::size_t size = 1; size < 40; ++size) {
        EXPECT_EQ(hashed(text, size), hashed(text)) << size;
        EXPECT_TRUE(ends(text, size)) << size;
    }
    EXPECT_EQ(hashed(text).count, 4u);
}

TEST(RowHash, takes_a_blank_line_for_a_row_before_the_end_mark_only) {
    EXPECT_EQ(hashed("\n\n\\.\n\n\n").count, 2u);
}

TEST(RowHash, knows_data_that_was_cut) {
    struct Case {
        std::string_view text;
        bool complete;
    };
    const Case cases[] = {
        {"1\ta\n\\.\n\n\n", true},  // as pg_dump writes it
        {"\\.\n", true},            // no rows
        {"", false},                // nothing at all
        {"1\ta\n2\tb\n", false},    // cut at a line's end
        {"1\ta\n2\t", false},       // cut within a row
        {"1\ta\n\\.", false},       // cut within the end mark's line
        {"1\ta\n\\\\.\n", false},   // an escaped backslash is a value
        {"\\.\n1\ta\n", false},     // rows after the end
        {"\\.\n\nrest", false},     // an unfinished line after the end
    };

    for (const auto& c : cases) {
        EXPECT_EQ(ends(c.text), c.complete) << c.text;
        EXPECT_EQ(ends(c.text, 1), c.complete) << "byte by byte: " << c.text;
    }
}

}  // namespace
}  // namespace backupwatch
