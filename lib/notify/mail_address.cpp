#include "notify/mail_address.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr std::size_t longest_address = 254;
constexpr std::size_t longest_name = 200;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// What needs no quotes in an address: more is allowed by the RFC, and nobody's mailbox.
bool is_address(std::string_view text) {
    const auto at = text.find('@');
    if (text.size() > longest_address || at == std::string_view::npos) return false;
    const std::string_view local = text.substr(0, at);
    const std::string_view domain = text.substr(at + 1);
    const bool is_local = std::all_of(local.begin(), local.end(), [](char c) {
        return is_letter_or_digit(c) ||
               std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
    });
    const bool is_domain = std::all_of(domain.begin(), domain.end(), [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '.';
    });
    const auto has_dots_right = [](std::string_view part) {
        return !part.empty() && part.front() != '.' && part.back() != '.' &&
               part.find("..") == std::string_view::npos;
    };
    return is_local && is_domain && has_dots_right(local) && has_dots_right(domain) &&
           local.size() <= 64 && domain.front() != '-';
}

}  // namespace

Parsed<MailAddress> parse_value(std::string_view text, As<MailAddress>) {
    const Complaint complaint{
        in_quotes(text) +
        " is not a mail address, such as ops@example.com or Operations <ops@example.com>"};
    MailAddress address;
    if (text.ends_with('>')) {
        const auto open = text.find('<');
        if (open == std::string_view::npos) return complaint;
        address.name = cut(clean_line(text.substr(0, open)), longest_name);
        if (address.name.size() > 1 && address.name.front() == '"' && address.name.back() == '"') {
            address.name = address.name.substr(1, address.name.size() - 2);
        }
        text = text.substr(open + 1, text.size() - open - 2);
    }
    if (!is_address(text)) return complaint;
    address.address = std::string(text);
    return address;
}

std::string_view domain_of(const MailAddress& address) {
    return std::string_view(address.address).substr(address.address.find('@') + 1);
}

}  // namespace backupwatch
