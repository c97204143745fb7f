#include "json/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace backupwatch {
namespace {

namespace json = boost::json;

void append(std::string& text, double number) {
    if (!std::isfinite(number)) {
        text += "null";
        return;
    }
    // The smallest number has 324 zeros behind its point, and up to 17 digits then.
    std::array<char, 400> digits;
    const auto written = std::to_chars(
        digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed
    );
    text.append(digits.data(), written.ptr);
}

void append(std::string& text, const json::value& value);

void append(std::string& text, const json::array& array) {
    text += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i > 0) text += ',';
        append(text, array[i]);
    }
    text += ']';
}

void append(std::string& text, const json::object& object) {
    text += '{';
    const char* separator = "";
    for (const auto& member : object) {
        text += separator;
        text += json::serialize(member.key());
        text += ':';
        append(text, member.value());
        separator = ",";
    }
    text += '}';
}

void append(std::string& text, const json::value& value) {
    if (const auto* array = value.if_array()) {
        append(text, *array);
    } else if (const auto* object = value.if_object()) {
        append(text, *object);
    } else if (const double* number = value.if_double()) {
        append(text, *number);
    } else {
        text += json::serialize(value);
    }
}

}  // namespace

std::string json_text(const json::value& document) {
    std::string text;
    append(text, document);
    return text;
}

std::string json_text(const json::object& document) {
    std::string text;
    append(text, document);
    return text;
}

double to_milliseconds(double seconds) {
    return std::round(seconds * 1000) / 1000;
}

}  // namespace backupwatch
