#include "terminal.hpp"

#include "report/progress_text.hpp"

#include <cstdio>
#include <iostream>

namespace backupwatch {

using namespace std::chrono_literals;

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

void ProgressLine::say(const std::string& text) {
    clear();
    std::cerr << text << "\n";
}

void ProgressLine::clear() {
    if (is_shown_) std::fprintf(stderr, "\r\033[K");
    is_shown_ = false;
}

}  // namespace backupwatch
