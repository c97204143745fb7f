#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace backupwatch {

/// Takes the digits at the front of `text` away, as a number; nothing where there is none, or
/// where it does not fit. No sign, no space.
inline std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

/// Takes exactly `digits` digits away, as a number not above `most`.
inline std::optional<int> take_digits(std::string_view& text, std::size_t digits, int most) {
    if (text.size() < digits) return std::nullopt;
    int number = 0;
    for (const char digit : text.substr(0, digits)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + (digit - '0');
    }
    if (number > most) return std::nullopt;
    text.remove_prefix(digits);
    return number;
}

/// Takes one of the characters of `choice` away.
inline bool take_any(std::string_view& text, std::string_view choice) {
    if (text.empty() || choice.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace backupwatch
