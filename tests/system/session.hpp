#pragma once
#include <libpq-fe.h>

#include <stdexcept>
#include <string>

namespace backupwatch {

/// A connection that stays open, to hold what others want.
class Session {
  public:
    explicit Session(const std::string& url) : connection_(PQconnectdb(url.c_str())) {}
    ~Session() { PQfinish(connection_); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void execute(const std::string& sql) const {
        PGresult* const result = PQexec(connection_, sql.c_str());
        const bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
        if (!is_done) throw std::runtime_error(sql + ": " + PQerrorMessage(connection_));
    }

  private:
    PGconn* connection_;
};

}  // namespace backupwatch
