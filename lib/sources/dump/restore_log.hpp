#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// Reads what `pg_restore --verbose --jobs=N` writes: which items it has finished, and its errors,
/// each with what belongs to it. Values of rows are left out of them.
class RestoreLog {
  public:
    using OnFinished = std::function<void(int dump_id)>;
    explicit RestoreLog(OnFinished on_finished) : on_finished_(std::move(on_finished)) {}

    void add(std::string_view line);

    /// In the order they came; the first hundred, then how many more. What is no error of the
    /// backup (a schema that every database has) is not among them. Workers share one pipe and
    /// write a line in pieces, so that one may be lost in another: pg_restore's own count tells.
    std::vector<std::string> errors() const;

  private:
    void add_detail(std::string_view line);

    OnFinished on_finished_;
    std::string item_;  ///< that the next error is about
    std::vector<std::string> errors_;
    std::size_t unlisted_ = 0;
    int seen_ = 0;             ///< lines that tell of an error
    int counted_at_most_ = 0;  ///< what pg_restore may count for them
    int ignored_ = 0;          ///< what it did count
    int headless_ = 0;         ///< lines to come whose beginning was seen before another
    bool at_work_ = false;     ///< its workers are
    bool in_error_ = false;
};

}  // namespace backupwatch
