#include "terminal.hpp"

#include "core/size.hpp"
#include "core/time/time.hpp"

#include <algorithm>
#include <cstdio>

namespace backupwatch {

using namespace std::chrono_literals;

std::string progress_text(const Progress& progress, std::chrono::duration<double> elapsed) {
    std::string text = progress.phase;
    text.resize(std::max<std::size_t>(text.size(), 8), ' ');
    if (progress.bytes_done > 0 && progress.bytes_total == 0) {
        text += " " + size_in_words(progress.bytes_done);
    }
    if (progress.bytes_total > 0) {
        const double part = std::min(
            1.0,
            static_cast<double>(progress.bytes_done) / static_cast<double>(progress.bytes_total)
        );
        text += " " + size_in_words(progress.bytes_done) + " of " +
                size_in_words(progress.bytes_total) + " (" +
                std::to_string(static_cast<int>(part * 100)) + " %)";
        // Below this a rate says more about the start than about the rest; an estimated total that
        // is reached says nothing of it.
        if (part > 0.02 && part < 1 && elapsed > 1s) {
            const auto left = std::chrono::duration_cast<Duration>(elapsed * ((1 - part) / part));
            text += ", about " + in_words(std::chrono::ceil<std::chrono::seconds>(left)) + " left";
        }
    }
    if (progress.tables_total > 0) {
        text += ", " + std::to_string(progress.tables_done) + " of " +
                std::to_string(progress.tables_total) + " tables";
    }
    return text;
}

void ProgressLine::show(const Progress& progress) {
    const auto now = std::chrono::steady_clock::now();
    const bool is_new = progress.phase != phase_;
    if (is_new) {
        phase_ = progress.phase;
        phase_began_ = now;
    }
    if (!is_terminal_) {
        if (is_new) std::fprintf(stderr, "%s\n", phase_.c_str());
        return;
    }
    if (!is_new && now - shown_ < 100ms) return;
    shown_ = now;
    is_shown_ = true;
    std::fprintf(stderr, "\r\033[K%s", progress_text(progress, now - phase_began_).c_str());
    std::fflush(stderr);
}

void ProgressLine::clear() {
    if (is_shown_) std::fprintf(stderr, "\r\033[K");
    is_shown_ = false;
}

}  // namespace backupwatch
