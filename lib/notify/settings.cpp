#include "notify/settings.hpp"

#include "config/name.hpp"
#include "notify/registry.hpp"

#include <algorithm>
#include <string_view>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// The keys of the notifier's own type. Where nobody knows which that is, those of all types are
/// valid: one error is enough.
void describe_type(Section& section, NotifierSettings& notifier) {
    if (const NotifierKind* kind = find_notifier_kind(notifier.type)) {
        kind->describe(section, notifier);
        return;
    }
    if (!notifier.type.empty()) {
        std::string message =
            "type: " + in_quotes(notifier.type) +
            " is none that this version of backupwatch has: " + listed(notifier_kind_names());
        const auto meant = nearest(notifier.type, notifier_kind_names());
        if (!meant.empty()) message += "; did you mean " + in_quotes(meant) + "?";
        section.complain("type", message);
    }
    for (const NotifierKind& kind : notifier_kinds()) {
        NotifierSettings unused;
        section.accept([&](Section& accepted) { kind.describe(accepted, unused); });
    }
}

bool is_link(const std::string& url) {
    return url.empty() || ((url.starts_with("https://") || url.starts_with("http://")) &&
                           std::none_of(url.begin(), url.end(), [](char c) {
                               return static_cast<unsigned char>(c) <= 0x20 || c == '<' ||
                                      c == '>' || c == '"' || c == '|';
                           }));
}

const std::string link_rule = "is no link: it must begin with https:// or http://";

/// `host` of `https://host:1234/path`, without the brackets of an IPv6 address.
std::string host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        return std::string(authority.substr(1, authority.find(']') - 1));
    }
    return std::string(authority.substr(0, authority.find(':')));
}

}  // namespace

bool is_loopback(const std::string& host) {
    const bool is_ipv4 = std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= '0' && c <= '9') || c == '.';
    });
    return host == "localhost" || host == "::1" || (is_ipv4 && host.starts_with("127."));
}

bool is_endpoint(const std::string& url) {
    const bool is_secure = url.starts_with("https://");
    if (!is_secure && !url.starts_with("http://")) return false;
    if (std::any_of(url.begin(), url.end(), [](char c) {
            return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\';
        })) {
        return false;
    }
    const std::string_view rest = std::string_view(url).substr(is_secure ? 8 : 7);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::string host = host_of(authority);
    if (host.empty() || authority.find('@') != std::string_view::npos) return false;
    return is_secure || is_loopback(host);
}

const std::string endpoint_rule =
    "must be an https:// URL without a user in it; http:// is allowed to this host alone";

void describe(Section& section, NotifierSettings& notifier) {
    std::string types;
    for (const std::string_view type : notifier_kind_names()) {
        types += (types.empty() ? "" : ", ") + std::string(type);
    }
    section.key("type", notifier.type, types).required();
    notifier.name = notifier.type;
    section.key("name", notifier.name, "the notifier's name").must(is_name, name_rule);
    section.key("fallback", notifier.fallback, "the notifier that takes over while this is broken");
    describe_type(section, notifier);
    section.key("timeout", notifier.timeout, "one send may take this long")
        .at_least(1s)
        .at_most(10min);
    section.key("ca_file", notifier.network.ca_file, "trusted besides the system's certificates");
    section.key("proxy", notifier.network.proxy, "default: HTTPS_PROXY and NO_PROXY");
    section.key("runbook_url", notifier.links.runbook, "a link in every message")
        .must(is_link, link_rule);
    section.key("dashboard_url", notifier.links.dashboard, "a link in every message")
        .must(is_link, link_rule);
}

}  // namespace backupwatch
