#pragma once
#include "core/secret.hpp"
#include "postgres/server_access.hpp"

#include <string>

namespace backupwatch {

/// A server that a backup is restored into: of a drill, a throw-away cluster; of an emergency, one
/// that people will rely on.
class RestoreServer {
  public:
    virtual ~RestoreServer() = default;
    /// For libpq and PostgreSQL's programs.
    virtual Secret conninfo(const std::string& database) const = 0;
    /// Who restores.
    virtual const std::string& superuser() const = 0;
    /// How PostgreSQL's programs reach it.
    virtual ServerAccess access() const { return ServerAccess::to_sandbox(conninfo("postgres")); }
    /// It goes with what is restored. One that stays has roles of its own, which no backup may
    /// change, and is reached over a network.
    virtual bool is_thrown_away() const { return true; }
};

}  // namespace backupwatch
