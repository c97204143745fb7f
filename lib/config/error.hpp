#pragma once
#include "config/node.hpp"
#include "core/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// Something wrong with the configuration. The message says what is wrong and what would be right;
/// it never holds the value of a secret key.
struct ConfigError {
    Mark mark;
    std::string message;
};

/// What reading a configuration brings besides values.
struct ConfigErrors : std::vector<ConfigError> {
    using vector::vector;
    /// What programs and servers may repeat of it, and nobody is to see.
    std::vector<Secret> secrets;
};

/// `file:line:column: message`.
std::string to_string(const ConfigError& error);
/// `file:line:column`, or the file alone.
std::string to_string(const Mark& mark);

/// In the order in which a person meets them in the files, each once: what `defaults` says wrong
/// is wrong in every database.
ConfigErrors in_order(ConfigErrors errors);

/// For an error: in double quotes, on one line, not too long, without the password of a URL.
std::string in_quotes(std::string_view text);
/// A key nobody knows may be a value that slipped (`url:postgres://…` lacks a space): quoted only
/// (after a space) where it looks like a key, empty otherwise.
std::string quoted_key(std::string_view key);

/// The candidate that `name` was probably meant to be, or empty when none is near.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates);

/// `a, b, c`: for errors that say what is valid.
std::string listed(const std::vector<std::string_view>& names);

}  // namespace backupwatch
