#include "process/capture.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t output_limit = 1024 * 1024;
constexpr std::size_t line_limit = 2048;
constexpr std::size_t lines_kept = 20;

/// Adds no more than fits in `limit`; what is over is lost.
void append(std::string& text, std::string_view bytes, std::size_t limit) {
    text.append(bytes.substr(0, limit - std::min(limit, text.size())));
}

}  // namespace

void FirstBytes::add(std::string_view bytes) {
    append(text_, bytes, output_limit);
}

void LastLines::add(std::string_view bytes) {
    for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
        append(line_, bytes.substr(0, end), line_limit);
        end_line();
        bytes.remove_prefix(end + 1);
    }
    append(line_, bytes, line_limit);
}

void LastLines::finish() {
    if (!line_.empty()) end_line();
}

void LastLines::end_line() {
    if (on_line_) on_line_(line_);
    if (lines_.size() == lines_kept) lines_.pop_front();
    lines_.push_back(std::exchange(line_, {}));
}

}  // namespace backupwatch
