#pragma once
#include <iosfwd>
#include <string>
#include <utility>

namespace backupwatch {

/// A value that must never be seen again: it cannot be streamed or formatted, and only `reveal`,
/// which is easy to search for, hands it out.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}

    const std::string& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }
    friend bool operator==(const Secret&, const Secret&) = default;

    friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

  private:
    std::string value_;
};

}  // namespace backupwatch
