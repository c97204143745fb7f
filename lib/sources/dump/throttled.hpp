#pragma once
#include "core/progress.hpp"

#include <chrono>
#include <utility>

namespace backupwatch {

/// Passes progress on, a few times a second at most.
class Throttled {
  public:
    explicit Throttled(ProgressSink sink) : sink_(std::move(sink)) {}

    void operator()(const Progress& progress) {
        const auto now = std::chrono::steady_clock::now();
        if (!sink_ || now < next_) return;
        next_ = now + std::chrono::milliseconds(250);
        sink_(progress);
    }

  private:
    ProgressSink sink_;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace backupwatch
