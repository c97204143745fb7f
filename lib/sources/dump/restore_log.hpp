#pragma once
#include "core/backup/restore_errors.hpp"
#include "sources/dump/restore_plan.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// Reads what `pg_restore --verbose --jobs=N` writes: which items it has finished, and its errors,
/// each with what belongs to it, sorted by what they are. Values of rows are left out of them.
class RestoreLog {
  public:
    using OnFinished = std::function<void(int dump_id)>;
    using Items = std::map<int, RestoredItem>;
    /// `major` is that of the server that is restored into.
    RestoreLog(OnFinished on_finished, const Items& items, int major)
        : on_finished_(std::move(on_finished)), items_(items), errors_(major) {}

    void add(std::string_view line);

    /// At the end. Workers share one pipe and write a line in pieces, so that one may be lost in
    /// another: pg_restore's own count tells, and that is damage.
    RestoreErrors::Sorted sorted(const std::set<std::string>& left_out);

  private:
    /// An error, until what belongs to it has come.
    struct Pending {
        RestoreError error;
        std::string shown;
    };

    void add_error(std::string_view line);
    void begin_error(std::string_view line);
    void add_detail(std::string_view line);
    void end_error();

    OnFinished on_finished_;
    const Items& items_;
    std::string item_;  ///< that the next error is about
    RestoredItem about_;
    std::optional<Pending> pending_;
    RestoreErrors errors_;
    int seen_ = 0;             ///< lines that tell of an error
    int counted_at_most_ = 0;  ///< what pg_restore may count for them
    int ignored_ = 0;          ///< what it did count
    int headless_ = 0;         ///< lines to come whose beginning was seen before another
    int awaited_errors_ = 0;   ///< likewise, of errors
    bool at_work_ = false;     ///< its workers are
    bool in_error_ = false;
};

}  // namespace backupwatch
