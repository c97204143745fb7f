#include "web/exposition.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace backupwatch {
namespace {

/// Below this a whole number is exact, and reads better than 1.7e+09.
constexpr double largest_exact = 9e15;

void append_escaped(std::string& text, std::string_view value) {
    for (const char letter : value) {
        switch (letter) {
            case '\\':
                text += "\\\\";
                break;
            case '"':
                text += "\\\"";
                break;
            case '\n':
                text += "\\n";
                break;
            default:
                text += letter;
        }
    }
}

}  // namespace

Labels::Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
    for (const auto& [name, value] : labels) add(name, value);
}

void Labels::add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ',';
    text_ += name;
    text_ += "=\"";
    append_escaped(text_, value);
    text_ += '"';
}

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help);
    text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::sample(
    std::string_view suffix, const Labels& labels, const Labels& more, double value
) {
    text_.append(name_).append(suffix);
    const std::string& first = labels.text();
    const std::string& second = more.text();
    if (!first.empty() || !second.empty()) {
        text_.append("{").append(first);
        if (!first.empty() && !second.empty()) text_ += ',';
        text_.append(second).append("}");
    }
    text_ += ' ';
    append_number(text_, value);
    text_ += '\n';
}

const Labels& Exposition::no_labels() {
    static const Labels none;
    return none;
}

void append_number(std::string& text, double value) {
    if (std::isnan(value)) {
        text += "NaN";
        return;
    }
    if (std::isinf(value)) {
        text += value > 0 ? "+Inf" : "-Inf";
        return;
    }
    std::array<char, 32> digits;
    char* const begin = digits.data();
    char* const end = begin + digits.size();
    const bool whole = std::abs(value) < largest_exact && value == std::floor(value);
    const auto written = whole ? std::to_chars(begin, end, static_cast<long long>(value))
                               : std::to_chars(begin, end, value);
    text.append(begin, written.ptr);
}

}  // namespace backupwatch
