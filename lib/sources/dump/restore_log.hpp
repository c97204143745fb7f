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

    /// At the end, of the errors that could be read.
    RestoreErrors::Sorted sorted(const std::set<std::string>& left_out);
    /// At the end, in one sentence, that there were others: workers share one pipe and write a line
    /// in pieces, so that one may be lost in another; pg_restore's own count tells. Empty: none.
    std::string lost() const;

  private:
    /// An error, until what belongs to it has come.
    struct Pending {
        RestoreError error;
        std::string shown;
    };

    struct Subject {
        std::string shown;
        RestoredItem item;
    };
    /// Of lines, that stand before one text; `errors` are those that go on with `error: `.
    struct Beginnings {
        int lines = 0;
        int errors = 0;
    };

    Beginnings take_beginnings(std::string_view& line) const;
    void await_errors(int count);
    bool is_of_awaited(const Beginnings& begun, std::string_view text) const;
    void begin_error(std::string_view line);
    void add_detail(std::string_view line);
    void end_error();

    OnFinished on_finished_;
    const Items& items_;
    Subject subject_;          ///< that the next error is about
    Subject awaited_subject_;  ///< that the awaited one is; of several none
    std::optional<Pending> pending_;
    RestoreErrors errors_;
    int seen_ = 0;             ///< lines that tell of an error
    int counted_at_most_ = 0;  ///< what pg_restore may count for them
    int ignored_ = 0;          ///< what it did count
    int headless_ = 0;         ///< lines that were begun, and whose text is to come
    int awaited_errors_ = 0;   ///< how many of them are errors
    bool at_work_ = false;     ///< its workers are
    bool in_error_ = false;
};

}  // namespace backupwatch
