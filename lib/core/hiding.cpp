#include "core/hiding.hpp"

#include "core/base64.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr std::size_t shortest_secret = 4;
/// Of a part of a URL: `services` and the like hide nothing that anybody needs to read.
constexpr std::size_t shortest_token = 8;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// Padding may be missing where it is repeated.
std::string bare_base64(std::string_view bytes) {
    std::string text = to_base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    return text;
}

}  // namespace

std::vector<std::string> secrets_of(const Secret& secret) {
    const std::string& url = secret.reveal();
    const auto scheme = url.find("://");
    const auto path_at =
        std::min(url.find('/', scheme == std::string::npos ? 0 : scheme + 3), url.size());
    const std::string_view path_and_query = std::string_view(url).substr(path_at);
    const auto query_at = std::min(path_and_query.find_first_of("?#"), path_and_query.size());
    // Each before what it contains: a part that is gone would leave the rest unrecognised.
    std::vector<std::string> secrets{
        url,
        std::string(path_and_query),
        std::string(path_and_query.substr(0, query_at)),
    };
    for (std::string_view rest = path_and_query; !rest.empty();) {
        const auto end = std::min(rest.find_first_of("/?#&=;"), rest.size());
        if (end >= shortest_token) secrets.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return secrets;
}

std::vector<std::string> secrets_of(const std::string& username, const Secret& password) {
    if (password.empty()) return {};
    const std::string& text = password.reveal();
    return {
        text,
        bare_base64(text),
        bare_base64('\0' + username + '\0' + text),
    };
}

std::string without(std::string text, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        if (secret.size() < shortest_secret) continue;
        for (const std::string& spelling :
             {secret, replaced(secret, "/", "\\/"), replaced(secret, "&", "&amp;")}) {
            text = replaced(std::move(text), spelling, "***");
        }
    }
    return text;
}

}  // namespace backupwatch
