#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// PostgreSQL's own programs of one installed major version.
struct Installation {
    int major = 0;
    /// Holds pg_dump, pg_dumpall, pg_restore, psql and createdb if `has_client`, initdb and
    /// postgres if `has_server`.
    std::filesystem::path bin{};
    bool has_client = false;
    bool has_server = false;
};

/// Where programs are looked for.
struct InstallationPlaces {
    std::filesystem::path debian = "/usr/lib/postgresql";  ///< Debian and PGDG: N/bin below it
    std::filesystem::path red_hat = "/usr";                ///< pgsql-N/bin below it
    std::optional<std::string> search_path{};              ///< else $PATH
};

/// What is installed, oldest major first; of one major, Debian's first and that of $PATH last.
/// Blocking: one found in $PATH alone is asked for its version.
std::vector<Installation> find_installations(const InstallationPlaces& places = {});

/// What is to be done with it. A server is not alone: a drill loads it with the client's programs.
enum class Need { client, server };

/// The installation for a server of this major: its own, else the next newer one, never an older.
/// Throws Failure::missing whose hint names the package to install (postgresql-client-17,
/// postgresql-17).
const Installation& choose(const std::vector<Installation>& installed, int server_major, Need need);

}  // namespace backupwatch
