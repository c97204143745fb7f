#include "core/time/clock_step.hpp"

namespace backupwatch {
namespace {

constexpr Duration day = std::chrono::hours(24);

}  // namespace

void ClockWatch::look(ClockReading now) {
    if (jump_ && now.uptime - jumped_at_ >= day) jump_.reset();
    if (last_) {
        const Duration step = (now.civil - last_->civil) - (now.uptime - last_->uptime);
        if (std::chrono::abs(step) > day) {
            jump_ = step;
            jumped_at_ = now.uptime;
        }
    }
    last_ = now;
}

}  // namespace backupwatch
