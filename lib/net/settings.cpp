#include "net/settings.hpp"

#include "core/digits.hpp"
#include "net/loopback.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace backupwatch {
namespace {

constexpr std::array<std::string_view, 6> proxy_schemes{
    "http", "https", "socks4", "socks4a", "socks5", "socks5h"};

/// A blank, a control character, or what some read as a slash.
bool is_unfit(char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\';
}

/// `host` of `https://host:1234/path`, without the brackets of an IPv6 address.
std::string host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        return std::string(authority.substr(1, authority.find(']') - 1));
    }
    return std::string(authority.substr(0, authority.find(':')));
}

}  // namespace

bool is_endpoint(const std::string& url) {
    const bool is_secure = url.starts_with("https://");
    if (!is_secure && !url.starts_with("http://")) return false;
    if (std::ranges::any_of(url, is_unfit)) return false;
    const std::string_view rest = std::string_view(url).substr(is_secure ? 8 : 7);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::string host = host_of(authority);
    if (host.empty() || authority.find('@') != std::string_view::npos) return false;
    return is_secure || is_loopback(host);
}

const std::string endpoint_rule =
    "must be an https:// URL without a user in it; http:// is allowed to this host alone";

bool is_proxy(const std::string& url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string::npos) return false;
    const std::string_view scheme = std::string_view(url).substr(0, scheme_end);
    if (std::ranges::find(proxy_schemes, scheme) == proxy_schemes.end()) return false;
    std::string_view authority = std::string_view(url).substr(scheme_end + 3);
    if (authority.ends_with('/')) authority.remove_suffix(1);
    if (std::ranges::any_of(authority, is_unfit) ||
        authority.find_first_of("/?#") != std::string_view::npos) {
        return false;
    }
    authority.remove_prefix(authority.rfind('@') + 1);
    const std::string host = host_of(authority);
    if (host.empty()) return false;
    const std::string written = authority.starts_with('[') ? "[" + host + "]" : host;
    if (!authority.starts_with(written)) return false;
    std::string_view rest = authority.substr(written.size());
    if (rest.empty()) return true;
    if (!rest.starts_with(':')) return false;
    rest.remove_prefix(1);
    const auto port = take_number(rest);
    return port && rest.empty() && *port >= 1 && *port <= 65'535;
}

void describe_network(Section& section, NetworkSettings& network) {
    section.key("ca_file", network.ca_file, "trusted besides the system's certificates");
    const bool has_proxy =
        section.key("proxy", network.proxy, "default: HTTPS_PROXY and NO_PROXY").is_read();
    // Without the value: it may hold a password.
    if (has_proxy && !network.proxy.empty() && !is_proxy(network.proxy)) {
        section.complain(
            "proxy",
            "proxy: must be the URL of a proxy, such as http://proxy.example.com:3128; https, "
            "socks4, socks4a, socks5 and socks5h are known, too"
        );
    }
}

}  // namespace backupwatch
