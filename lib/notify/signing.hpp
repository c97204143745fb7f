#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

namespace backupwatch {

/// 16 hexadecimal digits of the SHA-256 of these parts, none of which can be read from it: what
/// Lane::endpoint holds.
std::string fingerprint(std::initializer_list<std::string_view> parts);

std::string hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace backupwatch
