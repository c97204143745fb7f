#pragma once
#include "net/http_client.hpp"
#include "net/loopback.hpp"

#include <curl/curl.h>

#include <string>

namespace backupwatch {

/// What the environment says on proxies, in either spelling: curl alone would not read HTTP_PROXY,
/// for fear of a CGI script's request headers, which a daemon does not have.
struct ProxyEnvironment {
    std::string https;
    std::string http;
    std::string exceptions;

    /// Once, where no other thread runs that could change it.
    static ProxyEnvironment read();
};

/// Sets the proxy that an HTTP request goes through; none for loopback. One in the settings holds
/// for every other host, the environment's not for what NO_PROXY names.
void choose_proxy(
    CURL* handle,
    const NetworkSettings& settings,
    const ProxyEnvironment& environment,
    const std::string& scheme,
    const std::string& host
);

/// For what is not HTTP: the settings' proxy or none.
void choose_proxy(CURL* handle, const NetworkSettings& settings, const std::string& host);

}  // namespace backupwatch
