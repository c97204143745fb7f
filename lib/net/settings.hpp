#pragma once
#include "config/section.hpp"
#include "net/http_client.hpp"

#include <string>

namespace backupwatch {

/// Keys of everything that connects to others.
void describe_network(Section& section, NetworkSettings& network);
/// As libcurl takes it: with its scheme, perhaps a user, a host, perhaps a port, and nothing more.
bool is_proxy(const std::string& url);

/// For keys that hold an address to send to: https, or http to this host alone, without a user, a
/// password, a blank or a control character.
bool is_endpoint(const std::string& url);
extern const std::string endpoint_rule;

}  // namespace backupwatch
