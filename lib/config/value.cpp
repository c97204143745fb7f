#include "config/value.hpp"

#include "core/size.hpp"

#include <charconv>

namespace backupwatch {
namespace {

Complaint is_not(std::string_view text, const std::string& meant) {
    return {in_quotes(text) + " is not " + meant};
}

}  // namespace

Parsed<std::string> parse_value(std::string_view text, As<std::string>) {
    if (text.empty()) return Complaint{"must not be empty"};
    return std::string(text);
}

Parsed<std::filesystem::path> parse_value(std::string_view text, As<std::filesystem::path>) {
    if (text.empty()) return Complaint{"must not be empty"};
    return std::filesystem::path(text);
}

Parsed<bool> parse_value(std::string_view text, As<bool>) {
    if (text == "true") return true;
    if (text == "false") return false;
    return is_not(text, "true or false");
}

Parsed<int> parse_value(std::string_view text, As<int>) {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end) return is_not(text, "a whole number");
    return value;
}

Parsed<Duration> parse_value(std::string_view text, As<Duration>) {
    if (const auto duration = parse_duration(text)) return *duration;
    return is_not(text, "a duration such as 200ms, 30s, 5m, 26h or 7d");
}

Parsed<Bytes> parse_value(std::string_view text, As<Bytes>) {
    if (const auto size = parse_size(text)) return Bytes{*size};
    return is_not(text, "a size such as 100MB, 8GB or 64MiB");
}

Parsed<Percent> parse_value(std::string_view text, As<Percent>) {
    if (const auto ratio = parse_percent(text)) return Percent{*ratio};
    return is_not(text, "a percentage such as 80%, from 0% to 100%");
}

Parsed<Schedule> parse_value(std::string_view text, As<Schedule>) {
    auto parsed = Schedule::parse(text);
    if (auto* wrong = std::get_if<std::string>(&parsed)) return Complaint{std::move(*wrong)};
    return std::move(std::get<Schedule>(parsed));
}

Parsed<Secret> parse_value(std::string_view text, As<Secret>) {
    if (text.empty()) return Complaint{"must not be empty"};
    return Secret(std::string(text));
}

std::string value_text(const std::string& value) {
    return in_quotes(value);
}

std::string value_text(const std::filesystem::path& value) {
    return in_quotes(value.string());
}

std::string value_text(int value) {
    return std::to_string(value);
}

std::string value_text(Duration value) {
    return to_text(value);
}

std::string value_text(Bytes value) {
    return size_text(value.count);
}

}  // namespace backupwatch
