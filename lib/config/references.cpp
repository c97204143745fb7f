#include "config/references.hpp"

#include "config/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

using Expanded = std::variant<std::string, Complaint>;

constexpr std::size_t largest_value = 64 * 1024;
constexpr std::string_view file_prefix = "file:";
constexpr std::string_view credential_prefix = "credential:";
/// LoadCredential=secret:/etc/backupwatch/credentials, of our unit.
constexpr std::string_view secret_prefix = "secret_";
constexpr const char* secrets_folder = "/etc/backupwatch/credentials";

bool is_variable_name(std::string_view name) {
    const auto valid = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), valid);
}

std::string written(std::string_view reference) {
    return "${" + std::string(reference) + "}";
}

Expanded from_environment(std::string_view name) {
    auto value = environment_variable(std::string(name));
    if (!value) return Complaint{written(name) + ": this environment variable is not set"};
    return std::move(*value);
}

Expanded from_file(std::string_view reference, const std::filesystem::path& path) {
    auto content = read_text_file(path, largest_value);
    if (auto* wrong = std::get_if<Complaint>(&content)) {
        return Complaint{written(reference) + ": " + path.string() + " " + wrong->text};
    }
    auto& text = std::get<std::string>(content);
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    if (text.find('\0') != std::string::npos) {
        return Complaint{written(reference) + ": " + path.string() + " holds a NUL byte"};
    }
    return std::move(text);
}

Expanded from_credential(std::string_view reference, std::string_view name) {
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string_view::npos) {
        return Complaint{written(reference) + ": a credential's name is a file name"};
    }
    const bool is_root = ::geteuid() == 0;
    const auto file =
        file_of_credential(name, environment_variable("CREDENTIALS_DIRECTORY"), is_root);
    if (!file) {
        return Complaint{
            written(reference) +
            ": $CREDENTIALS_DIRECTORY is not set; systemd sets it for LoadCredential=, and root "
            "needs none for secret_NAME"};
    }
    return from_file(reference, *file);
}

Expanded resolve(std::string_view reference) {
    if (reference.starts_with(file_prefix)) {
        const std::filesystem::path path(reference.substr(file_prefix.size()));
        if (!path.is_absolute()) {
            return Complaint{written(reference) + ": the path must be absolute"};
        }
        return from_file(reference, path);
    }
    if (reference.starts_with(credential_prefix)) {
        return from_credential(reference, reference.substr(credential_prefix.size()));
    }
    if (is_variable_name(reference)) return from_environment(reference);
    return Complaint{
        "not a reference: write ${NAME}, ${file:/path} or ${credential:name}, and $$ for a dollar"};
}

}  // namespace

std::optional<std::filesystem::path> file_of_credential(
    std::string_view name, const std::optional<std::string>& directory, bool is_root
) {
    if (directory) return std::filesystem::path(*directory) / name;
    if (!is_root || !name.starts_with(secret_prefix)) return std::nullopt;
    return std::filesystem::path(secrets_folder) / name.substr(secret_prefix.size());
}

std::variant<PiecedText, Complaint> expand_in_pieces(std::string_view text) {
    PiecedText result;
    std::string own;
    for (;;) {
        const auto dollar = text.find('$');
        own += text.substr(0, dollar);
        if (dollar == std::string_view::npos) break;
        text.remove_prefix(dollar + 1);
        if (text.starts_with('$')) {
            own += '$';
            text.remove_prefix(1);
            continue;
        }
        const auto end = text.find('}');
        if (!text.starts_with('{') || end == std::string_view::npos) {
            return Complaint{"a dollar that begins no reference: write $$ for a dollar"};
        }
        Expanded value = resolve(text.substr(1, end - 1));
        if (auto* wrong = std::get_if<Complaint>(&value)) return std::move(*wrong);
        result.pieces.push_back({std::exchange(own, {}), false});
        result.pieces.push_back({std::move(std::get<std::string>(value)), true});
        text.remove_prefix(end + 1);
    }
    result.pieces.push_back({std::move(own), false});
    return result;
}

Expanded expand_references(std::string_view text) {
    auto expanded = expand_in_pieces(text);
    if (auto* wrong = std::get_if<Complaint>(&expanded)) return std::move(*wrong);
    std::string result;
    for (const PiecedText::Piece& piece : std::get<PiecedText>(expanded).pieces) {
        result += piece.text;
    }
    return result;
}

}  // namespace backupwatch
