#include "notify/mime.hpp"

#include "core/base64.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace backupwatch {
namespace {

/// An encoded word has 75 characters at most: 12 around 60 of base64, which are 45 bytes.
constexpr std::size_t most_in_word = 45;
constexpr std::size_t longest_line = 76;
/// Of a header in one line of 998, its name, an address and escapes included.
constexpr std::size_t longest_header_value = 300;

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F;
    });
}

/// What looks like an encoded word would be read as one; and a line has an end.
bool needs_no_encoding(std::string_view line) {
    return is_ascii(line) && line.find("=?") == std::string::npos &&
           line.size() <= longest_header_value;
}

std::string encoded_words(std::string_view text) {
    std::string words;
    while (!text.empty()) {
        std::size_t end = std::min(most_in_word, text.size());
        while (end < text.size() && is_continuation(text[end])) --end;
        words +=
            (words.empty() ? "" : "\r\n ") + ("=?utf-8?B?" + to_base64(text.substr(0, end))) + "?=";
        text.remove_prefix(end);
    }
    return words;
}

std::string encoded_byte(char byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto code = static_cast<unsigned char>(byte);
    return {'=', digits[code >> 4], digits[code & 15]};
}

/// A line without its end, broken softly where it is long.
void append_line(std::string& result, std::string_view line) {
    std::size_t column = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool is_last = i + 1 == line.size();
        const bool is_plain = c >= 0x20 && c < 0x7F && c != '=' && !(c == ' ' && is_last);
        const std::string piece = is_plain ? std::string(1, c) : encoded_byte(c);
        // One column is left for the mark of a soft break.
        if (column + piece.size() > longest_line - 1) {
            result += "=\r\n";
            column = 0;
        }
        result += piece;
        column += piece.size();
    }
    result += "\r\n";
}

}  // namespace

std::string header_text(std::string_view text) {
    const std::string line = clean_line(text);
    return needs_no_encoding(line) ? line : encoded_words(line);
}

std::string header_address(const MailAddress& address) {
    const std::string name = clean_line(address.name);
    if (name.empty()) return address.address;
    if (!needs_no_encoding(name)) {
        return encoded_words(name) + " <" + address.address + ">";
    }
    std::string quoted;
    for (const char c : name) quoted += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
    return "\"" + quoted + "\" <" + address.address + ">";
}

std::string mail_date(Instant instant) {
    static constexpr std::array<const char*, 7> days{
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss<Duration> time(instant - day);
    std::array<char, 64> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%s, %02u %s %04d %02d:%02d:%02d +0000",
        days.at(std::chrono::weekday(day).c_encoding()),
        static_cast<unsigned>(date.day()),
        months.at(static_cast<unsigned>(date.month()) - 1),
        static_cast<int>(date.year()),
        static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count())
    );
    return text.data();
}

std::string quoted_printable(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        append_line(result, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

}  // namespace backupwatch
