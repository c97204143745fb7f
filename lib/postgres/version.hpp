#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

/// `15.20` of `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`, which is what every program
/// of PostgreSQL says to --version. Nothing for anything else.
std::optional<std::string> parse_version(std::string_view said);

/// 15 of `15.20`, 18 of `18beta1`.
int major_of(std::string_view version);

/// Runs `program --version`. Nothing when it cannot be run, or says something else. Blocking, for
/// five seconds at most.
std::optional<std::string> ask_version(const std::filesystem::path& program);

}  // namespace backupwatch
