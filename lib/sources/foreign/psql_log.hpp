#pragma once
#include "core/backup/restore_errors.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace backupwatch {

/// Reads what `psql --echo-errors -v VERBOSITY=verbose --file=...` writes: errors, each with its
/// SQLSTATE and the statement that failed. Values of rows are left out of them.
class PsqlLog {
  public:
    /// `major` is that of the server that is restored into; `elsewhere` are extensions that only
    /// another platform has: that they are not here explains no other error.
    explicit PsqlLog(int major, std::set<std::string> elsewhere = {})
        : major_(major), elsewhere_(std::move(elsewhere)), errors_(major) {}

    void add(std::string_view line);
    /// At the end. An extension that is not here, and without which nothing failed, is a note.
    RestoreErrors::Sorted sorted();

  private:
    void end_error();

    int major_;
    std::set<std::string> elsewhere_;
    std::set<std::string> left_out_;  ///< of those
    RestoreErrors errors_;
    bool needs_what_is_missing_ = false;
    bool is_unrestricted_ = false;  ///< its psql does not know `\restrict`
    std::optional<RestoreError> pending_;
};

}  // namespace backupwatch
