#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

std::string to_base64(std::string_view bytes);
/// Nothing where it is none; padding may be missing.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace backupwatch
