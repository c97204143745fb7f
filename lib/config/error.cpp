#include "config/error.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t longest_quote = 80;
constexpr std::size_t longest_key = 64;

/// `postgres://user:hunter2@host` with `***` where the password stood.
std::string without_url_password(std::string_view text) {
    std::string result(text);
    const auto scheme = result.find("://");
    if (scheme == std::string::npos) return result;
    const auto authority = scheme + 3;
    const auto at = result.rfind('@');
    const auto colon = result.find(':', authority);
    if (at == std::string::npos || colon == std::string::npos || colon > at) return result;
    return result.replace(colon + 1, at - colon - 1, "***");
}

auto position(const ConfigError& error) {
    const Mark& mark = error.mark;
    return std::tuple(mark.file ? std::string_view(*mark.file) : "", mark.line, mark.column);
}

/// Levenshtein's: how many characters to insert, remove or replace.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string to_string(const Mark& mark) {
    const std::string file = mark.file ? *mark.file : "";
    if (mark.line == 0) return file;
    return file + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

std::string to_string(const ConfigError& error) {
    return to_string(error.mark) + ": " + error.message;
}

ConfigErrors in_order(ConfigErrors errors) {
    std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) {
        return position(a) < position(b);
    });
    const auto same = [](const ConfigError& a, const ConfigError& b) {
        return position(a) == position(b) && a.message == b.message;
    };
    errors.erase(std::unique(errors.begin(), errors.end(), same), errors.end());
    return errors;
}

std::string in_quotes(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string result = "\"";
    for (const char c : without_url_password(text)) {
        if (result.size() > longest_quote) {
            // Not in the middle of a UTF-8 sequence.
            if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) {
                result += c;
                continue;
            }
            return result + "…\"";
        }
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            result += {'\\', 'x', hex[byte / 16], hex[byte % 16]};
        } else {
            result += c;
        }
    }
    return result + "\"";
}

std::string quoted_key(std::string_view key) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.' || c == '<';
    };
    const bool like_a_key =
        !key.empty() && key.size() <= longest_key && std::all_of(key.begin(), key.end(), plain);
    return like_a_key ? " " + in_quotes(key) : "";
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
    if (name.size() > longest_key) return {};
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(name, candidate);
        // `a` is two edits away from any word of two letters: that is no resemblance.
        if (distance < best_distance && distance < candidate.size()) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string listed(const std::vector<std::string_view>& names) {
    std::string result;
    for (const std::string_view name : names) {
        result += (result.empty() ? "" : ", ") + std::string(name);
    }
    return result;
}

}  // namespace backupwatch
