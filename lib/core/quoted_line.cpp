#include "core/quoted_line.hpp"

namespace backupwatch {
namespace {

void append_escaped(std::string& text, char letter) {
    constexpr std::string_view digits = "0123456789abcdef";
    switch (letter) {
        case '"':
        case '\\':
            text += '\\';
            text += letter;
            return;
        case '\n':
            text += "\\n";
            return;
        case '\r':
            text += "\\r";
            return;
        case '\t':
            text += "\\t";
            return;
        default:
            break;
    }
    const auto code = static_cast<unsigned char>(letter);
    if (code >= 0x20 && code != 0x7f) {
        text += letter;
        return;
    }
    text += "\\u00";
    text += digits[code / 16];
    text += digits[code % 16];
}

}  // namespace

std::string quoted_line(std::string_view text) {
    std::string result = "\"";
    for (const char letter : text) append_escaped(result, letter);
    return result + "\"";
}

}  // namespace backupwatch
