#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// The parts of a name as PostgreSQL writes it, unquoted: `public."My ""T"".x".id` is `public`,
/// `My "T".x` and `id`. Parts without quotes are taken as they stand.
std::vector<std::string> identifier_parts(std::string_view name);

/// The same name without the quotes that nothing needs, as pg_dump writes them all with
/// --quote-all-identifiers. One name however it is written, and fit for SQL.
std::string plainly_quoted(const std::vector<std::string>& parts);

}  // namespace backupwatch
