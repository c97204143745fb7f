#include "core/hiding.hpp"

#include "core/base64.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

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

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
        if (text[at] == '%' && low >= 0) {
            result += static_cast<char>(high * 16 + low);
            at += 2;
        } else {
            result += text[at];
        }
    }
    return result;
}

/// That of `scheme://user:password@host`, and what follows `password=`.
std::vector<std::string> passwords_in(std::string_view text) {
    std::vector<std::string> found;
    const auto scheme = text.find("://");
    if (scheme != std::string_view::npos) {
        const std::string_view rest = text.substr(scheme + 3);
        const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
        const auto at = authority.rfind('@');
        const auto colon = authority.find(':');
        if (at != std::string_view::npos && colon < at) {
            found.emplace_back(authority.substr(colon + 1, at - colon - 1));
        }
    }
    constexpr std::string_view option = "password=";
    for (auto at = text.find(option); at != std::string_view::npos;
         at = text.find(option, at + 1)) {
        std::string_view value = text.substr(at + option.size());
        const bool is_quoted = value.starts_with('\'');
        if (is_quoted) value.remove_prefix(1);
        found.emplace_back(value.substr(0, value.find_first_of(is_quoted ? "'" : " &")));
    }
    return found;
}

}  // namespace

std::vector<std::string> spellings_of(const Secret& secret) {
    const std::string& text = secret.reveal();
    std::vector<std::string> spellings{text, bare_base64(text)};
    if (text.starts_with("http://") || text.starts_with("https://")) {
        std::ranges::move(secrets_of(secret), std::back_inserter(spellings));
    }
    for (std::string& password : passwords_in(text)) {
        std::string plain = percent_decoded(password);
        spellings.push_back(bare_base64(plain));
        spellings.push_back(std::move(password));
        spellings.push_back(std::move(plain));
    }
    for (std::string_view rest = text; rest.find('\n') != std::string_view::npos;) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (end >= shortest_token) spellings.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (rest.find('\n') == std::string_view::npos && rest.size() >= shortest_token) {
            spellings.emplace_back(rest);
        }
    }
    return spellings;
}

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
