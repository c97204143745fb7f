#include "core/text.hpp"

#include <algorithm>
#include <cstdint>

namespace backupwatch {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 0;  ///< 0: the text does not begin with one
};

/// The code point that `text` begins with; neither overlong, nor a surrogate, nor past the last.
CodePoint first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {lead, 1};
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
    char32_t value = lead & (0xFFu >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if (!is_continuation(text[i])) return {};
        value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    }
    const bool is_overlong = value < (bytes == 2 ? 0x80u : bytes == 3 ? 0x800u : 0x10000u);
    const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (is_overlong || is_surrogate || value > 0x10FFFF) return {};
    return {value, bytes};
}

bool is_blank(char32_t value) {
    return value <= 0x20 || (value >= 0x7F && value <= 0xA0) || value == 0x2028 || value == 0x2029;
}

/// Marks, embeddings, overrides and isolates of direction; joiners of no width; the byte order
/// mark: what makes a text look like another one.
bool is_invisible(char32_t value) {
    return (value >= 0x200B && value <= 0x200F) || (value >= 0x202A && value <= 0x202E) ||
           (value >= 0x2060 && value <= 0x206F) || value == 0xFEFF || value == 0x061C;
}

/// The most bytes, up to `most`, after which no code point is split.
std::size_t whole(std::string_view text, std::size_t most) {
    std::size_t end = std::min(most, text.size());
    while (end > 0 && end < text.size() && is_continuation(text[end])) --end;
    return end;
}

}  // namespace

std::string clean_line(std::string_view text) {
    std::string line;
    bool is_after_blank = false;
    while (!text.empty()) {
        const CodePoint point = first_of(text);
        const std::string_view bytes = point.bytes > 0 ? text.substr(0, point.bytes) : replacement;
        text.remove_prefix(std::max<std::size_t>(point.bytes, 1));
        if (point.bytes > 0 && is_blank(point.value)) {
            is_after_blank = true;
        } else if (point.bytes == 0 || !is_invisible(point.value)) {
            if (is_after_blank && !line.empty()) line += ' ';
            is_after_blank = false;
            line += bytes;
        }
    }
    return line;
}

std::string cut(std::string_view text, std::size_t most) {
    if (code_points(text) <= most) return std::string(text);
    std::size_t kept = 0;
    std::size_t end = 0;
    while (end < text.size() && kept + 1 < most) {
        ++kept;
        do ++end;
        while (end < text.size() && is_continuation(text[end]));
    }
    return std::string(text.substr(0, end)) + (most > 0 ? std::string(ellipsis) : "");
}

std::string cut_bytes(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    if (most < ellipsis.size()) return "";
    return std::string(text.substr(0, whole(text, most - ellipsis.size()))) + std::string(ellipsis);
}

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return !is_continuation(byte);
    }));
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

}  // namespace backupwatch
