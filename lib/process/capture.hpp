#pragma once
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// Keeps the first MiB of what a child wrote.
class FirstBytes {
  public:
    void add(std::string_view bytes);
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

/// Splits what a child wrote into lines, each cut at 2 KiB; hands each on, and keeps the last 20.
class LastLines {
  public:
    using OnLine = std::function<void(std::string_view)>;
    explicit LastLines(OnLine on_line) : on_line_(std::move(on_line)) {}

    void add(std::string_view bytes);
    /// The last line may lack its end.
    void finish();
    std::vector<std::string> take() { return {lines_.begin(), lines_.end()}; }

  private:
    void end_line();

    OnLine on_line_;
    std::string line_;
    std::deque<std::string> lines_;
};

}  // namespace backupwatch
