#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "core/secret.hpp"
#include "core/time/time.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// Rows of text; a null is an empty optional.
struct QueryResult {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;

    /// The only value of the only row. Throws Failure::internal where there is another number.
    const std::string& single() const;
};

/// One libpq session on the loop. Whatever fails, nothing of ours goes on in production unseen: a
/// query that is cancelled or late is ended on the server too, and the session is then closed (as
/// it is when it breaks); a later call throws Failure::unreachable. One call at a time.
class Connection {
  public:
    /// `conninfo` is a libpq URL or keyword string; several hosts, sockets, services and password
    /// files work as with libpq. Names are looked up off the loop. `settings` hold for the session,
    /// such as {"default_transaction_read_only", "on"}: behind a pooler in transaction mode they
    /// would not, nor would snapshots. All text is UTF-8, whatever the database's encoding.
    /// Throws Failure: unreachable, timeout, denied, rejected; the password is in no message.
    using Settings = std::vector<std::pair<std::string, std::string>>;
    static Task<std::unique_ptr<Connection>> connect(
        Secret conninfo, Settings settings, Duration limit
    );

    virtual ~Connection() = default;

    /// Runs one or several statements (several are one transaction, unless they say otherwise) and
    /// returns the result of the last, at most 256 MiB of it. Notices are dropped.
    /// Throws Failure with severity, SQLSTATE and message: see kind_of() in libpq.hpp for its kind;
    /// timeout past `limit`.
    virtual Task<QueryResult> query(std::string sql, Duration limit) = 0;

    /// Runs `COPY ... TO STDOUT` and hands each row, with its newline, to `on_row` on a thread of
    /// `pool`, which it keeps until it ends. What `on_row` throws ends the copy and comes out here.
    /// Throws as query does.
    using RowSink = std::function<void(std::string_view)>;
    virtual Task<> copy_out(std::string sql, Pool& pool, RowSink on_row, Duration limit) = 0;

    virtual int server_version() const = 0;
};

/// As format('%I') writes it: quoted only where it must be. Of all versions the same, so a word
/// that is reserved since PostgreSQL 16 is quoted for 15 too.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);
/// What stands where a password stood; for logs and errors.
std::string without_password(const Secret& conninfo);

}  // namespace backupwatch
