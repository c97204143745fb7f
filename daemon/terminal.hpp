#pragma once
#include "core/progress.hpp"

#include <chrono>
#include <string>

namespace backupwatch {

/// Shows how far a command is: one line that is overwritten on a terminal, a plain line per phase
/// elsewhere. On standard error, so that standard output holds nothing but the result.
class ProgressLine {
  public:
    explicit ProgressLine(bool is_terminal) : is_terminal_(is_terminal) {}
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const Progress& progress);
    /// A line of its own, which stays.
    void say(const std::string& text);
    void clear();

  private:
    bool is_terminal_;
    bool is_shown_ = false;
    std::string phase_;
    std::chrono::steady_clock::time_point phase_began_;
    std::chrono::steady_clock::time_point shown_;
};

}  // namespace backupwatch
