#pragma once
#include "postgres/archive.hpp"

#include <set>
#include <string>

namespace backupwatch {

/// Pure: the roles that an archive names and does not make: owners, and those that rights, default
/// rights, policies and user mappings are for. Unquoted; never `public`.
std::set<std::string> roles_in(const Archive& archive);

/// Those of them that own something.
std::set<std::string> owners_in(const Archive& archive);

}  // namespace backupwatch
