#include "postgres/copy_out.hpp"

#include "core/system_failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

namespace backupwatch {
namespace {

/// One COPY on one thread.
class Copy {
  public:
    Copy(PGconn& connection, const StopSignal& stop, const std::string& what)
        : connection_(connection), stop_(stop), what_(what) {}

    void begin(const std::string& sql) {
        if (PQsendQuery(&connection_, sql.c_str()) == 0) throw lost();
        while (PQflush(&connection_) == 1) wait(POLLOUT);
        const ResultHandle first = next_result();
        if (first && PQresultStatus(first.get()) == PGRES_COPY_OUT) return;
        if (first && PQresultStatus(first.get()) == PGRES_FATAL_ERROR) {
            const Failure failure = server_failure(*first, what_);
            finish();
            throw failure;
        }
        throw Failure(Failure::Kind::internal, what_ + ": it is not one COPY ... TO STDOUT");
    }

    void hand_out(const Connection::RowSink& on_row) {
        for (;;) {
            char* text = nullptr;
            const int size = PQgetCopyData(&connection_, &text, 1);
            const std::unique_ptr<char, FreeRow> row(text);
            if (size > 0) {
                on_row(std::string_view(text, static_cast<std::size_t>(size)));
            } else if (size == 0) {
                read_more();
            } else if (size == -1) {
                return;
            } else {
                throw lost();
            }
        }
    }

    /// Reads to the end of the statement; an error in the middle of the rows shows here.
    void finish() {
        std::optional<Failure> failure;
        while (const ResultHandle result = next_result()) {
            const bool failed = PQresultStatus(result.get()) == PGRES_FATAL_ERROR;
            if (failed && !failure) failure = server_failure(*result, what_);
        }
        if (failure) throw Failure(*failure);
    }

  private:
    struct FreeRow {
        void operator()(char* row) const { PQfreemem(row); }
    };

    ResultHandle next_result() {
        while (PQisBusy(&connection_) == 1) read_more();
        return ResultHandle(PQgetResult(&connection_));
    }

    void read_more() {
        wait(POLLIN);
        if (PQconsumeInput(&connection_) == 0) throw lost();
    }

    void wait(short events) {
        // With bytes in TLS's hands the socket may stay silent for ever; a look at the signal is
        // still due.
        const int patience = has_pending_bytes(connection_) ? 0 : -1;
        std::array<pollfd, 2> watched{{
            {PQsocket(&connection_), events, 0},
            {stop_.descriptor(), POLLIN, 0},
        }};
        while (::poll(watched.data(), watched.size(), patience) < 0) {
            if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
        }
        if (watched[1].revents != 0) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }

    Failure lost() const { return lost_failure(connection_, what_); }

    PGconn& connection_;
    const StopSignal& stop_;
    const std::string& what_;
};

}  // namespace

StopSignal::StopSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw system_failure("begin a copy", errno);
}

StopSignal::~StopSignal() {
    ::close(descriptor_);
}

void StopSignal::raise() const {
    ::eventfd_write(descriptor_, 1);
}

void copy_rows(
    PGconn& connection,
    const std::string& sql,
    const Connection::RowSink& on_row,
    const StopSignal& stop,
    const std::string& what
) {
    Copy copy(connection, stop, what);
    copy.begin(sql);
    copy.hand_out(on_row);
    copy.finish();
}

}  // namespace backupwatch
