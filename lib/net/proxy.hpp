#pragma once
#include "net/http_client.hpp"

#include <curl/curl.h>

#include <string>

namespace backupwatch {

/// `localhost`, and the literal addresses of this host; names are not looked up.
bool is_loopback(const std::string& host);

/// What the environment says on proxies, in either spelling: curl alone would not read HTTP_PROXY,
/// for fear of a CGI script's request headers, which a daemon does not have.
struct ProxyEnvironment {
    std::string https;
    std::string http;
    std::string exceptions;

    /// Once, where no other thread runs that could change it.
    static ProxyEnvironment read();
};

/// Sets the proxy that an HTTP request goes through. One in the settings holds for every host; the
/// environment's not for loopback, nor for what NO_PROXY names.
void choose_proxy(
    CURL* handle,
    const NetworkSettings& settings,
    const ProxyEnvironment& environment,
    const std::string& scheme,
    const std::string& host
);

/// For what is not HTTP: the settings' proxy or none.
void choose_proxy(CURL* handle, const NetworkSettings& settings);

}  // namespace backupwatch
