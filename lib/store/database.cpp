#include "store/database.hpp"

namespace backupwatch {
namespace {

constexpr int busy_timeout_milliseconds = 5000;

}  // namespace

Database::Database(const std::string& file)
    : connection_(
          file,
          SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | SQLite::OPEN_NOFOLLOW,
          busy_timeout_milliseconds
      ) {
    // FULL: in WAL mode, a commit that returned survives the loss of power.
    connection_.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 4194304"
    );
}

SQLite::Statement& Database::statement(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        std::string text(sql);
        SQLite::Statement prepared(connection_, text);
        found = statements_.emplace(std::move(text), std::move(prepared)).first;
    }
    return found->second;
}

}  // namespace backupwatch
