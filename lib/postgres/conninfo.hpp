#pragma once
#include "core/secret.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// libpq's options by name, such as {"host", "db.example.com"}; those that were given.
using ConnectOptions = std::vector<std::pair<std::string, std::string>>;

/// Throws Failure::rejected, without a word of what stood in it.
ConnectOptions parse_conninfo(const Secret& conninfo);
/// `options` and what libpq adds to them from its service file and its environment.
ConnectOptions effective_options(const ConnectOptions& options);

/// A connection string that says just these.
Secret conninfo_of(const ConnectOptions& options);

const std::string* find_option(const ConnectOptions& options, const std::string& name);
void set_option(ConnectOptions& options, const std::string& name, std::string value);

/// One of the places that libpq tries, in order.
struct Endpoint {
    std::string host;     ///< a name, an address, a folder of a socket, or empty
    std::string address;  ///< numeric, or empty
    std::string port;     ///< empty: the default

    bool needs_address() const;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
/// The lists host, hostaddr and port as places; nothing where their lengths don't fit: libpq says
/// so best.
std::optional<std::vector<Endpoint>> endpoints_of(const ConnectOptions& options);
void set_endpoints(ConnectOptions& options, const std::vector<Endpoint>& endpoints);

/// `db.example.com:5432/postgres`: for messages.
std::string target_of(const ConnectOptions& options);

}  // namespace backupwatch
