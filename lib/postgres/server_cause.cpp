#include "postgres/server_cause.hpp"

#include <cctype>
#include <string_view>
#include <vector>

namespace backupwatch {
namespace {

/// A slash would end a name in `silence DATABASE/SET`.
std::string url_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "-._~:";
    std::string encoded;
    for (const char letter : text) {
        const auto c = static_cast<unsigned char>(letter);
        const bool is_plain = std::isalnum(c) != 0 || plain.find(letter) != std::string_view::npos;
        if (is_plain) {
            encoded += letter;
            continue;
        }
        encoded += '%';
        encoded += digits[c >> 4];
        encoded += digits[c & 15];
    }
    return encoded;
}

std::string place_of(const ConnectOptions& options) {
    std::string places;
    const auto endpoints = endpoints_of(options).value_or(std::vector<Endpoint>());
    for (const auto& [host, address, port] : endpoints) {
        if (!places.empty()) places += ",";
        const std::string& name = host.empty() ? address : host;
        places +=
            (name.empty() ? "localhost" : url_encoded(name)) + ":" + (port.empty() ? "5432" : port);
    }
    return places;
}

}  // namespace

std::string server_cause(const ConnectOptions& effective, Failure::Kind kind) {
    const std::string place = place_of(effective);
    switch (kind) {
        case Failure::Kind::unreachable:
        case Failure::Kind::timeout:
            return place;
        case Failure::Kind::denied: {
            const std::string* user = find_option(effective, "user");
            return user == nullptr ? place : url_encoded(*user) + "@" + place;
        }
        default:
            return {};
    }
}

}  // namespace backupwatch
