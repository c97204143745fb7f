#include "config/name.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_name(std::string_view text) {
    constexpr std::size_t longest = 63;
    return !text.empty() && text.size() <= longest && is_letter_or_digit(text[0]) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

const std::string name_rule =
    "is not a name: letters, digits and . _ - after a letter or digit, at most 63 in all";

}  // namespace backupwatch
