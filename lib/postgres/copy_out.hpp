#pragma once
#include "postgres/connection.hpp"
#include "postgres/libpq.hpp"

#include <string>

namespace backupwatch {

/// Tells a thread that sleeps in poll() to come back.
class StopSignal {
  public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    void raise() const;
    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

/// Blocks the thread until the COPY is through. Throws what the server or `on_row` throws, and
/// operation_aborted once `stop` is raised; then the session is still busy.
void copy_rows(
    PGconn& connection,
    const std::string& sql,
    const Connection::RowSink& on_row,
    const StopSignal& stop,
    const std::string& what
);

}  // namespace backupwatch
