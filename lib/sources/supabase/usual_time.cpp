#include "sources/supabase/usual_time.hpp"

#include <algorithm>
#include <vector>

namespace backupwatch {
namespace {

constexpr std::size_t looked_at = 7;
constexpr std::size_t fewest = 5;
constexpr Duration whole_day = std::chrono::hours(24);
constexpr Duration longest_span = 9 * whole_day;
constexpr Duration widest_usual = std::chrono::hours(4);

/// The last ones, oldest first.
std::vector<Instant> last_completed(const Inventory& inventory, Instant now) {
    std::vector<Instant> instants;
    for (const Backup& backup : inventory.backups) {
        const Instant instant = instant_of(backup);
        if (backup.status == BackupStatus::completed && instant <= now) instants.push_back(instant);
    }
    std::ranges::sort(instants);
    if (instants.size() > looked_at) {
        instants.erase(instants.begin(), instants.end() - looked_at);
    }
    return instants;
}

}  // namespace

std::optional<DailyDue> usual_due(const Inventory& inventory, Instant now) {
    const auto instants = last_completed(inventory, now);
    if (instants.size() < fewest || instants.back() - instants.front() > longest_span) {
        return std::nullopt;
    }
    std::vector<Duration> times;
    for (const Instant instant : instants) {
        times.push_back(instant - std::chrono::floor<std::chrono::days>(instant));
    }
    std::ranges::sort(times);
    // The shortest stretch of a day, over midnight or not, that all but one of them lie in.
    const std::size_t usual = times.size() > fewest ? times.size() - 1 : times.size();
    Duration width = whole_day;
    Duration due{};
    for (std::size_t first = 0; first < times.size(); ++first) {
        const std::size_t last = (first + usual - 1) % times.size();
        const Duration to_last = times[last] - times[first];
        const Duration stretch = last < first ? to_last + whole_day : to_last;
        if (stretch > width) continue;
        width = stretch;
        due = times[last];
    }
    if (width > widest_usual) return std::nullopt;
    return DailyDue{due, Instant(), width, true};
}

}  // namespace backupwatch
