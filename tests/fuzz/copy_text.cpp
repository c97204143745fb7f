#include "postgres/row_hash.hpp"
#include "target.hpp"

namespace backupwatch {
namespace {

/// Line by line, as the format is defined.
void read_by_lines(std::string_view text, Rows& rows, bool& is_ended) {
    bool has_end = false;
    bool has_more = false;
    while (!text.empty()) {
        const auto newline = text.find('\n');
        const bool is_whole = newline != std::string_view::npos;
        const std::string_view line = text.substr(0, newline);
        text.remove_prefix(is_whole ? newline + 1 : text.size());
        if (!is_whole) {
            has_more = true;
        } else if (has_end) {
            has_more = has_more || !line.empty();
        } else if (line == "\\.") {
            has_end = true;
        } else {
            rows += hash_row(line);
        }
    }
    is_ended = has_end && !has_more;
}

}  // namespace

/// The first byte says how the rest is cut into pieces.
void read_foreign_bytes(std::string_view bytes) {
    if (bytes.empty()) return;
    const auto seed = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);

    Rows expected;
    bool is_ended = false;
    read_by_lines(bytes, expected, is_ended);

    CopyHasher whole;
    whole.add(bytes);
    expect(whole.rows() == expected, "rows of one piece");
    expect(whole.ended() == is_ended, "the end of one piece");

    CopyHasher pieces;
    std::size_t size = seed;
    for (std::string_view rest = bytes; !rest.empty();) {
        size = (size * 31 + 7) % (1 + seed % 17);
        pieces.add(rest.substr(0, size));
        rest.remove_prefix(std::min(size, rest.size()));
        if (size == 0) {
            pieces.add(rest.substr(0, 1));
            rest.remove_prefix(1);
        }
    }
    expect(pieces.rows() == expected, "rows of pieces");
    expect(pieces.ended() == is_ended, "the end of pieces");
}

}  // namespace backupwatch
