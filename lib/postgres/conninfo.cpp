#include "postgres/conninfo.hpp"

#include "core/failure.hpp"
#include "postgres/connection.hpp"
#include "postgres/libpq.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <memory>
#include <string_view>

namespace backupwatch {
namespace {

ConnectOptions given(const PQconninfoOption* option) {
    ConnectOptions options;
    for (; option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val != nullptr && *option->val != '\0') {
            options.emplace_back(option->keyword, option->val);
        }
    }
    return options;
}

/// libpq's parse errors quote what they stumbled over, which may be half a password. That may hold
/// quotes itself, so all between the first and the last goes.
std::string without_quotations(std::string message) {
    std::erase(message, '\n');
    const auto first = message.find('"');
    if (first == std::string::npos) return message;
    const auto last = message.rfind('"');
    const auto cut = last == first ? std::string::npos : last + 1 - first;
    return message.replace(first, cut, "...");
}

OptionsHandle parse(const std::string& conninfo, std::string& error) {
    char* message = nullptr;
    OptionsHandle options(PQconninfoParse(conninfo.c_str(), &message));
    if (message != nullptr) {
        error = without_quotations(message);
        PQfreemem(message);
    }
    return options;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (;;) {
        const auto end = list.find(',', begin);
        parts.push_back(list.substr(begin, end - begin));
        if (end == std::string::npos) return parts;
        begin = end + 1;
    }
}

std::vector<std::string> list_of(const ConnectOptions& options, const std::string& name) {
    const auto* value = find_option(options, name);
    return value == nullptr ? std::vector<std::string>() : split(*value);
}

std::string quoted_value(const std::string& value) {
    if (value.find_first_of(" '\\") == std::string::npos) return value;
    std::string quoted = "'";
    for (const char character : value) {
        if (character == '\'' || character == '\\') quoted += '\\';
        quoted += character;
    }
    return quoted + "'";
}

}  // namespace

ConnectOptions parse_conninfo(const Secret& conninfo) {
    std::string error;
    const auto options = parse(conninfo.reveal(), error);
    if (!options) {
        throw Failure(
            Failure::Kind::rejected,
            "cannot read the connection string: " + error,
            "Write it as postgresql://user@host:5432/database, special characters as %XX."
        );
    }
    return given(options.get());
}

ConnectOptions effective_options(const ConnectOptions& options) {
    ConnectOptions probe = options;
    // libpq merges its service file and environment only on the way to a connection. An impossible
    // sslmode stops it after that, and before it looks up a name or opens a socket.
    set_option(probe, "sslmode", "backupwatch asks what would be used");
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : probe) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    const ConnectionHandle stopped(PQconnectStartParams(names.data(), values.data(), 0));
    const OptionsHandle merged(PQconninfo(stopped.get()));
    ConnectOptions effective = given(merged.get());
    std::erase_if(effective, [](const auto& option) { return option.first == "sslmode"; });
    return effective;
}

Secret conninfo_of(const ConnectOptions& options) {
    std::string text;
    for (const auto& [name, value] : options) {
        text += (text.empty() ? "" : " ") + name + "='";
        for (const char character : value) {
            if (character == '\'' || character == '\\') text += '\\';
            text += character;
        }
        text += '\'';
    }
    return Secret(std::move(text));
}

const std::string* find_option(const ConnectOptions& options, const std::string& name) {
    const auto found = std::ranges::find(options, name, &ConnectOptions::value_type::first);
    return found == options.end() ? nullptr : &found->second;
}

void set_option(ConnectOptions& options, const std::string& name, std::string value) {
    const auto found = std::ranges::find(options, name, &ConnectOptions::value_type::first);
    if (found == options.end()) {
        options.emplace_back(name, std::move(value));
    } else {
        found->second = std::move(value);
    }
}

bool Endpoint::needs_address() const {
    const bool is_socket = host.empty() || host.starts_with('/') || host.starts_with('@');
    if (is_socket || !address.empty()) return false;
    boost::system::error_code no_address;
    asio::ip::make_address(host, no_address);
    return static_cast<bool>(no_address);
}

std::optional<std::vector<Endpoint>> endpoints_of(const ConnectOptions& options) {
    const auto hosts = list_of(options, "host");
    const auto addresses = list_of(options, "hostaddr");
    const auto ports = list_of(options, "port");
    const std::size_t count = std::max({hosts.size(), addresses.size(), std::size_t{1}});
    const auto fits = [count](const auto& list) { return list.empty() || list.size() == count; };
    if (!fits(hosts) || !fits(addresses) || (!fits(ports) && ports.size() != 1)) {
        return std::nullopt;
    }
    std::vector<Endpoint> endpoints(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (!hosts.empty()) endpoints[i].host = hosts[i];
        if (!addresses.empty()) endpoints[i].address = addresses[i];
        if (!ports.empty()) endpoints[i].port = ports.size() == 1 ? ports[0] : ports[i];
    }
    return endpoints;
}

void set_endpoints(ConnectOptions& options, const std::vector<Endpoint>& endpoints) {
    std::string hosts;
    std::string addresses;
    std::string ports;
    for (const auto& endpoint : endpoints) {
        const std::string comma = &endpoint == &endpoints.front() ? "" : ",";
        hosts += comma + endpoint.host;
        addresses += comma + endpoint.address;
        ports += comma + endpoint.port;
    }
    set_option(options, "host", std::move(hosts));
    set_option(options, "hostaddr", std::move(addresses));
    set_option(options, "port", std::move(ports));
}

std::string target_of(const ConnectOptions& options) {
    const auto* user = find_option(options, "user");
    const auto* database = find_option(options, "dbname");
    if (database == nullptr) database = user;
    std::string places;
    const auto endpoints = endpoints_of(options).value_or(std::vector<Endpoint>());
    for (const auto& [host, address, port] : endpoints) {
        if (!places.empty()) places += ",";
        places += !host.empty() ? host : !address.empty() ? address : "the local socket";
        if (!port.empty()) places += ":" + port;
    }
    return places + "/" + (database == nullptr ? std::string() : *database);
}

std::string without_password(const Secret& conninfo) {
    std::string error;
    const auto options = parse(conninfo.reveal(), error);
    if (!options) return "(unreadable connection string)";
    std::string text;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        // libpq marks with a star what a form should not show.
        const bool secret = std::string_view(option->dispchar) == "*";
        if (!text.empty()) text += ' ';
        text += std::string(option->keyword) + "=" + (secret ? "***" : quoted_value(option->val));
    }
    return text;
}

}  // namespace backupwatch
