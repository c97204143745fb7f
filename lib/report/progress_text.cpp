#include "report/progress_text.hpp"

#include "core/size.hpp"
#include "core/time/time.hpp"

#include <algorithm>

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

}  // namespace backupwatch
