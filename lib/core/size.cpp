#include "core/size.hpp"

#include "core/digits.hpp"

#include <array>
#include <limits>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::uint64_t power(std::uint64_t base, int exponent) {
    return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

/// Larger units first: of two spellings of one length the larger unit is written. `KB` is read, and
/// never written.
constexpr std::array<std::pair<std::string_view, std::uint64_t>, 12> units{{
    {"PiB", power(1024, 5)},
    {"PB", power(1000, 5)},
    {"TiB", power(1024, 4)},
    {"TB", power(1000, 4)},
    {"GiB", power(1024, 3)},
    {"GB", power(1000, 3)},
    {"MiB", power(1024, 2)},
    {"MB", power(1000, 2)},
    {"KiB", 1024},
    {"kB", 1000},
    {"KB", 1000},
    {"B", 1},
}};

constexpr std::array<const char*, 7> names_in_words{"B", "kB", "MB", "GB", "TB", "PB", "EB"};

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    for (const auto& [name, unit] : units) {
        if (text != name) continue;
        if (*number > std::numeric_limits<std::uint64_t>::max() / unit) return std::nullopt;
        return *number * unit;
    }
    return std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
    std::string shortest = std::to_string(bytes) + "B";
    if (bytes == 0) return shortest;
    for (const auto& [name, unit] : units) {
        if (bytes % unit != 0) continue;
        std::string text = std::to_string(bytes / unit) + std::string(name);
        if (text.size() < shortest.size()) shortest = std::move(text);
    }
    return shortest;
}

std::string size_in_words(std::uint64_t bytes) {
    std::size_t name = 0;
    std::uint64_t unit = 1;
    while (bytes / unit >= 1000) {
        unit *= 1000;
        ++name;
    }
    std::string words = std::to_string(bytes / unit);
    if (unit > 1) {
        // Hundredths below ten, tenths above: three or four digits.
        const bool below_ten = bytes / unit < 10;
        const std::string hundredths = std::to_string(100 + bytes % unit / (unit / 100));
        words += "." + hundredths.substr(1, below_ten ? 2 : 1);
    }
    return words + " " + names_in_words[name];
}

std::optional<double> parse_percent(std::string_view text) {
    const auto whole = take_number(text);
    if (!whole || *whole > 100) return std::nullopt;
    int hundredths = 0;
    if (take_any(text, ".")) {
        const auto tenth = take_digits(text, 1, 9);
        if (!tenth) return std::nullopt;
        hundredths = *tenth * 10 + take_digits(text, 1, 9).value_or(0);
    }
    if (text != "%" || (*whole == 100 && hundredths > 0)) return std::nullopt;
    return static_cast<double>(static_cast<int>(*whole) * 100 + hundredths) / 10'000;
}

}  // namespace backupwatch
