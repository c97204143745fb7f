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
    /// backup (a schema that every database has) is not among them.
    std::vector<std::string> errors() const;

  private:
    void add_detail(std::string_view line);

    OnFinished on_finished_;
    std::string item_;  ///< that the next error is about
    std::vector<std::string> errors_;
    std::size_t unlisted_ = 0;
    bool in_error_ = false;
};

}  // namespace backupwatch
