#include "watch/settings.hpp"

#include <arpa/inet.h>

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

}  // namespace

bool ListenAddress::is_loopback() const {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && is_address(AF_INET, host));
}

Parsed<ListenAddress> parse_value(std::string_view text, As<ListenAddress>) {
    const Complaint complaint{
        in_quotes(text) +
        " is not an address and a port, such as 127.0.0.1:9856, [::1]:9856 or "
        "localhost:9856"};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return complaint;
    const auto port = parse_port(text.substr(colon + 1));
    std::string host(text.substr(0, colon));
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    // No other name: what it means would be asked of a resolver, at each start anew.
    const bool valid =
        bracketed ? is_address(AF_INET6, host) : is_address(AF_INET, host) || host == "localhost";
    if (!port || !valid) return complaint;
    return ListenAddress{std::move(host), *port};
}

}  // namespace backupwatch
