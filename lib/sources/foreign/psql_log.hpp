#pragma once
#include "core/backup/restore_errors.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

/// Reads what `psql --echo-errors -v VERBOSITY=verbose --file=...` writes: errors, each with its
/// SQLSTATE and the statement that failed. Values of rows are left out of them.
class PsqlLog {
  public:
    /// `major` is that of the server that is restored into.
    explicit PsqlLog(int major) : major_(major), errors_(major) {}

    void add(std::string_view line);
    /// At the end. An extension that is not here, and without which nothing failed, is a note.
    RestoreErrors::Sorted sorted();

  private:
    void end_error();

    int major_;
    RestoreErrors errors_;
    bool needs_what_is_missing_ = false;
    std::optional<RestoreError> pending_;
};

}  // namespace backupwatch
