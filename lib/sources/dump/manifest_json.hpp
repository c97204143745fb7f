#pragma once
#include "core/backup/manifest.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace backupwatch {

inline constexpr const char* manifest_name = "manifest.json";

/// A manifest of 100,000 tables takes about 60 MB.
constexpr std::uint64_t manifest_size_limit = 128 << 20;

/// `manifest.json`: one member or element of it a line, the last of them the SHA-256 of all bytes
/// before it. `head -c -77 manifest.json | sha256sum` shows the same.
std::string manifest_text(const Manifest& manifest);

/// What manifest_text wrote. Throws Failure::corrupt when one byte of it is different, or when it
/// says what no manifest of ours says: a path out of the folder, a negative count, a table twice.
/// Takes no more than six times the memory of the text, whatever that is.
Manifest parse_manifest(std::string_view text);

}  // namespace backupwatch
