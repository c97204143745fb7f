#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

/// `100MB 8GB` (powers of 10), `64MiB 2GiB` (powers of 2), `512B`, up to peta. Nothing for anything
/// else, overflow included.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// The shortest exact spelling that parse_size reads back.
std::string size_text(std::uint64_t bytes);
/// For people: `151.2 MB`, three or four digits, powers of 10, rounded down.
std::string size_in_words(std::uint64_t bytes);

/// `80%` as 0.8, from 0% to 100%, at most two decimals. Nothing for anything else.
std::optional<double> parse_percent(std::string_view text);

}  // namespace backupwatch
