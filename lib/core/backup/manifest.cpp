#include "core/backup/manifest.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>

namespace backupwatch {
namespace {

/// 16 hexadecimal digits.
std::optional<std::uint64_t> parse_half(std::string_view digits) {
    std::uint64_t half = 0;
    for (const char digit : digits) {
        half <<= 4;
        if (digit >= '0' && digit <= '9') {
            half |= static_cast<std::uint64_t>(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            half |= static_cast<std::uint64_t>(digit - 'a' + 10);
        } else {
            return std::nullopt;
        }
    }
    return half;
}

}  // namespace

Rows& Rows::operator+=(const Rows& other) {
    count += other.count;
    hash_low += other.hash_low;
    const std::uint64_t carry = hash_low < other.hash_low ? 1 : 0;
    hash_high += other.hash_high + carry;
    return *this;
}

std::string hash_text(const Rows& rows) {
    std::array<char, 33> text{};
    std::snprintf(
        text.data(), text.size(), "%016" PRIx64 "%016" PRIx64, rows.hash_high, rows.hash_low
    );
    return text.data();
}

std::optional<Rows> parse_rows(std::uint64_t count, std::string_view text) {
    if (text.size() != 32) return std::nullopt;
    const auto high = parse_half(text.substr(0, 16));
    const auto low = parse_half(text.substr(16));
    if (!high || !low) return std::nullopt;
    return Rows{count, *high, *low};
}

}  // namespace backupwatch
