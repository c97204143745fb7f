#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// The parts of a name as PostgreSQL writes it, unquoted: `public."My ""T"".x".id` is `public`,
/// `My "T".x` and `id`. Parts without quotes are taken as they stand.
std::vector<std::string> identifier_parts(std::string_view name);

}  // namespace backupwatch
