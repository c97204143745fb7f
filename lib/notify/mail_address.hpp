#pragma once
#include "config/value.hpp"

#include <string>
#include <string_view>

namespace backupwatch {

/// `backupwatch <ops@example.com>`, or the address alone.
struct MailAddress {
    std::string name;  ///< for people, or empty
    std::string address;

    friend bool operator==(const MailAddress&, const MailAddress&) = default;
};

Parsed<MailAddress> parse_value(std::string_view text, As<MailAddress>);
std::string_view domain_of(const MailAddress& address);

}  // namespace backupwatch
