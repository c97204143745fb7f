#pragma once
#include "core/secret.hpp"

#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// How PostgreSQL's own programs reach a server: what may be seen by everyone (their arguments),
/// and what may not (their environment).
class ServerAccess {
  public:
    /// Production, and whatever else people rely on: with the PG* variables that libpq in this very
    /// process uses too. Throws Failure::rejected for what libpq can't read, and for a secret that
    /// it takes only in sight of everyone.
    static ServerAccess to_production(const Secret& conninfo);
    /// A throw-away cluster: with nothing of our environment.
    static ServerAccess to_sandbox(const Secret& conninfo);

    /// Keywords and values without a secret; for `database`, or for the program's own choice.
    std::string conninfo(const std::string& database = {}) const;
    const std::vector<std::pair<std::string, std::string>>& environment() const {
        return environment_;
    }
    /// Has the session begin with this setting.
    void set(const std::string& setting, const std::string& value);

  private:
    explicit ServerAccess(const Secret& conninfo);

    std::vector<std::pair<std::string, std::string>> keywords_;
    std::vector<std::pair<std::string, std::string>> environment_;
    std::string options_;  ///< libpq's keyword of that name
};

}  // namespace backupwatch
