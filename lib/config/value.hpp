#pragma once
#include "config/error.hpp"
#include "config/text_file.hpp"
#include "core/secret.hpp"
#include "core/time/schedule.hpp"
#include "core/time/time.hpp"

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace backupwatch {

struct Bytes {
    std::uint64_t count = 0;
    friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

struct Percent {
    double ratio = 0;
    friend auto operator<=>(const Percent&, const Percent&) = default;
};

/// What a text means to a key, or a sentence about what is wrong with it, which quotes it. A room
/// teaches the configuration a type of its own by an overload beside that type:
///
///     Parsed<LogLevel> parse_value(std::string_view text, As<LogLevel>);
template <class T>
using Parsed = std::variant<T, Complaint>;

/// Says which type is meant; it is found by argument-dependent lookup through T.
template <class T>
struct As {};

Parsed<std::string> parse_value(std::string_view text, As<std::string>);
Parsed<std::filesystem::path> parse_value(std::string_view text, As<std::filesystem::path>);
Parsed<bool> parse_value(std::string_view text, As<bool>);
Parsed<int> parse_value(std::string_view text, As<int>);
Parsed<Duration> parse_value(std::string_view text, As<Duration>);
Parsed<Bytes> parse_value(std::string_view text, As<Bytes>);
Parsed<Percent> parse_value(std::string_view text, As<Percent>);
Parsed<Schedule> parse_value(std::string_view text, As<Schedule>);
/// Its complaints never quote.
Parsed<Secret> parse_value(std::string_view text, As<Secret>);

/// For an overload of parse_value: one of these words.
template <class T>
Parsed<T> parse_choice(
    std::string_view text, std::initializer_list<std::pair<std::string_view, T>> choices
) {
    std::vector<std::string_view> words;
    for (const auto& [word, value] : choices) {
        if (word == text) return value;
        words.push_back(word);
    }
    return Complaint{in_quotes(text) + " is none of " + listed(words)};
}

/// As it would be written, for errors that name it.
std::string value_text(const std::string& value);
std::string value_text(const std::filesystem::path& value);
std::string value_text(int value);
std::string value_text(Duration value);
std::string value_text(Bytes value);

}  // namespace backupwatch
