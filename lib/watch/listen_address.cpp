#include "watch/settings.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace backupwatch {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    if (text.empty() || error != std::errc{} || rest != end) return std::nullopt;
    return port;
}

bool is_address(int family, const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address;
    return ::inet_pton(family, host.c_str(), address.data()) == 1;
}

bool is_host_name(std::string_view host) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !host.empty() && host.front() != '-' && std::any_of(host.begin(), host.end(), letter) &&
           std::all_of(host.begin(), host.end(), [&](char c) {
               return letter(c) || digit(c) || c == '.' || c == '-';
           });
}

}  // namespace

bool ListenAddress::is_loopback() const {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && is_address(AF_INET, host));
}

Parsed<ListenAddress> parse_value(std::string_view text, As<ListenAddress>) {
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        const auto port = parse_port(text.substr(colon + 1));
        std::string host(text.substr(0, colon));
        const bool bracketed = host.starts_with('[') && host.ends_with(']');
        if (bracketed) host = host.substr(1, host.size() - 2);
        const bool valid = bracketed ? is_address(AF_INET6, host)
                                     : is_address(AF_INET, host) || is_host_name(host);
        if (port && valid) return ListenAddress{std::move(host), *port};
    }
    return Complaint{in_quotes(text) + " is not host:port, such as 127.0.0.1:9856 or [::1]:9856"};
}

}  // namespace backupwatch
