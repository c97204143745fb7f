#include "config/yaml_text.hpp"

#include <cstddef>

namespace backupwatch {
namespace {

/// How long the UTF-8 sequence at the beginning of `text` is; 0 where it is none (too long for
/// what it says, a surrogate, beyond Unicode or cut short).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    const bool beyond_unicode = lead == 0xF4 && byte(1) > 0x8F;
    return overlong || surrogate || beyond_unicode ? 0 : length;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

}  // namespace

std::optional<BadCharacter> find_bad_character(std::string_view text) {
    int line = 1;
    int column = 1;
    for (std::size_t i = 0; i < text.size();) {
        if (is_control(text[i])) return BadCharacter{line, column, "a control character"};
        const std::size_t length = utf8_length(text.substr(i));
        if (length == 0) return BadCharacter{line, column, "not UTF-8"};
        column += static_cast<int>(length);
        if (text[i] == '\n') {
            ++line;
            column = 1;
        }
        i += length;
    }
    return std::nullopt;
}

}  // namespace backupwatch
