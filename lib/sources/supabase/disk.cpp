#include "sources/supabase/disk.hpp"

#include "core/failure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace backupwatch {
namespace {

/// It is measured every few minutes.
constexpr Duration stale_after = std::chrono::hours(1);
constexpr Duration ahead_at_most = std::chrono::minutes(5);

std::string gigabytes(double count) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.0f GB", count);
    return text;
}

}  // namespace

double fullness(const DiskUse& use) {
    if (use.size == 0) return 0;
    return 1 - static_cast<double>(use.available) / static_cast<double>(use.size);
}

DiskWord judge_disk_use(const DiskKnowledge& known, Instant now) {
    const Instant measured = known.use.measured_at.value_or(now);
    if (measured > now + ahead_at_most) {
        throw Failure(
            Failure::Kind::corrupt,
            "the disk's use is of " + in_words(measured) + ", which is in the future"
        );
    }
    DiskWord word;
    word.sample = {std::min(measured, now), known.use.size - known.use.available, known.use.size};
    if (now - measured > stale_after) {
        word.remarks.push_back(
            {Severity::warning,
             "that was measured " + in_words(now - measured) + " ago, and not since"}
        );
    }
    if (known.is_readonly) {
        word.remarks.push_back({Severity::critical, "the database takes no writes any more"});
    } else if (fullness(known.use) >= makes_readonly) {
        word.remarks.push_back(
            {Severity::critical, "at 95% Supabase lets the database take no more writes"}
        );
    }
    if (known.size_gb && known.grows_to && *known.size_gb >= *known.grows_to) {
        word.remarks.push_back(
            {Severity::warning,
             "it has grown to the " + gigabytes(*known.grows_to) + " that it may grow to by itself"}
        );
    }
    return word;
}

}  // namespace backupwatch
