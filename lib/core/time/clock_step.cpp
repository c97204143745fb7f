#include "core/time/clock_step.hpp"

namespace backupwatch {
namespace {

constexpr Duration remembered = std::chrono::hours(24);

}  // namespace

void ClockWatch::look(ClockReading now) {
    if (jump_ && now.uptime - jumped_at_.uptime >= remembered) jump_.reset();
    if (met_future_at_ && now.uptime - *met_future_at_ >= remembered) met_future_at_.reset();
    if (last_) {
        const Duration step = (now.civil - last_->civil) - (now.uptime - last_->uptime);
        if (std::chrono::abs(step) > remembered) {
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
