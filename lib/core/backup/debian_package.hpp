#pragma once
#include <string>
#include <string_view>

namespace backupwatch {

/// The package of Debian or apt.postgresql.org that brings an extension to PostgreSQL `major`; of
/// one that is not known, what its name would be: `postgresql-15-hypopg`.
std::string extension_package(std::string_view extension, int major);

/// `install postgresql-15-hypopg, or what ...`: what to do where an extension is missing.
std::string install_extension(std::string_view extension, int major);

/// The same by the name of its library, which may end in a version: `postgis-3`.
std::string install_library(std::string_view library, int major);

}  // namespace backupwatch
