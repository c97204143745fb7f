#include "core/time/clock_step.hpp"

namespace backupwatch {
namespace {

constexpr Duration day = std::chrono::hours(24);

}  // namespace

void ClockWatch::look(ClockReading now) {
    if (jump_ && now.uptime - jumped_at_.uptime >= day) jump_.reset();
    if (met_future_at_ && now.uptime - *met_future_at_ >= day) met_future_at_.reset();
    if (last_) {
        const Duration step = (now.civil - last_->civil) - (now.uptime - last_->uptime);
        if (std::chrono::abs(step) > day) {
            jump_ = step;
            jumped_at_ = now;
        }
    }
    last_ = now;
}

std::optional<Instant> ClockWatch::steady_since() const {
    if (!jump_) return std::nullopt;
    return jumped_at_.civil;
}

}  // namespace backupwatch
