#pragma once
#include <string>
#include <string_view>

namespace backupwatch {

/// `[A-Za-z0-9][A-Za-z0-9._-]*`, at most 63 characters: safe in a path, a label and a URL.
bool is_name(std::string_view text);
/// What an error says of anything else.
extern const std::string name_rule;

}  // namespace backupwatch
