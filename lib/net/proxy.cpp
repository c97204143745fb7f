#include "net/proxy.hpp"

#include "config/environment.hpp"

#include <boost/asio/ip/address.hpp>

#include <initializer_list>

namespace backupwatch {
namespace {

std::string first_set(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const auto value = environment_variable(name);
        if (value && !value->empty()) return *value;
    }
    return {};
}

void set_proxy(CURL* handle, const std::string& proxy, const std::string& exceptions) {
    // Set also where it is empty: else libcurl reads the environment itself.
    curl_easy_setopt(handle, CURLOPT_PROXY, proxy.c_str());
    curl_easy_setopt(handle, CURLOPT_NOPROXY, exceptions.c_str());
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

}  // namespace

ProxyEnvironment ProxyEnvironment::read() {
    return {
        first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}),
        first_set({"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}),
        first_set({"no_proxy", "NO_PROXY"})};
}

void choose_proxy(
    CURL* handle,
    const NetworkSettings& settings,
    const ProxyEnvironment& environment,
    const std::string& scheme,
    const std::string& host
) {
    // What goes without TLS, since it never leaves this host, must not leave it by a proxy either.
    if (is_loopback(host)) {
        set_proxy(handle, "", "");
    } else if (!settings.proxy.empty()) {
        set_proxy(handle, settings.proxy, "");
    } else {
        const auto& proxy = scheme == "https" ? environment.https : environment.http;
        set_proxy(handle, proxy, environment.exceptions);
    }
}

void choose_proxy(CURL* handle, const NetworkSettings& settings, const std::string& host) {
    set_proxy(handle, is_loopback(host) ? "" : settings.proxy, "");
    curl_easy_setopt(handle, CURLOPT_HTTPPROXYTUNNEL, 1L);
}

}  // namespace backupwatch
