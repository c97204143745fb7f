#include "core/check/checks.hpp"
#include "core/size.hpp"

#include <algorithm>
#include <cmath>

namespace backupwatch {
namespace {

/// What was reached is left only this far below, so that a disk at the threshold tells once.
constexpr double hysteresis = 0.02;
constexpr std::size_t fewest_samples = 6;
constexpr Duration shortest_span = std::chrono::hours(1);
/// What will be full in a century is not growing.
constexpr double farthest_seconds = 100.0 * 365 * 86'400;

double seconds_between(Instant from, Instant to) {
    return std::chrono::duration<double>(to - from).count();
}

/// `81.2%`, rounded down: never more than there is.
std::string percent(double ratio) {
    const auto tenths = static_cast<std::int64_t>(std::floor(ratio * 1000 + 1e-9));
    const std::string whole = std::to_string(tenths / 10);
    return tenths % 10 == 0 ? whole + "%" : whole + "." + std::to_string(tenths % 10) + "%";
}

struct Line {
    double at_newest = 0;   ///< bytes, at the newest sample
    double per_second = 0;  ///< bytes
};

/// The least-squares line, in seconds before the newest sample.
Line fit(const std::vector<DiskSample>& samples) {
    const auto count = static_cast<double>(samples.size());
    double mean_time = 0;
    double mean_used = 0;
    for (const DiskSample& sample : samples) {
        mean_time += seconds_between(samples.back().at, sample.at) / count;
        mean_used += static_cast<double>(sample.used) / count;
    }
    double covariance = 0;
    double variance = 0;
    for (const DiskSample& sample : samples) {
        const double time = seconds_between(samples.back().at, sample.at) - mean_time;
        covariance += time * (static_cast<double>(sample.used) - mean_used);
        variance += time * time;
    }
    const double slope = covariance / variance;
    return {mean_used - slope * mean_time, slope};
}

double ratio_of(const DiskSample& sample) {
    return static_cast<double>(sample.used) / static_cast<double>(sample.capacity);
}

/// The level that the fill itself reaches, after `previous`.
Severity next_level(const DiskPolicy& policy, double ratio, Severity previous) {
    const auto reaches = [&](double threshold, Severity severity) {
        const bool was_reached = previous == severity || previous == Severity::critical;
        return ratio >= (was_reached ? threshold - hysteresis : threshold);
    };
    if (reaches(policy.critical, Severity::critical)) return Severity::critical;
    if (reaches(policy.warning, Severity::warning)) return Severity::warning;
    return Severity::ok;
}

/// From the first sample on, since a level that is held by hysteresis depends on the one before.
Severity level(const DiskPolicy& policy, const std::vector<DiskSample>& samples) {
    Severity level = Severity::ok;
    for (const DiskSample& sample : samples) {
        if (sample.capacity > 0) level = next_level(policy, ratio_of(sample), level);
    }
    return level;
}

Finding cannot_tell(const std::string& why) {
    Finding finding;
    finding.check = "disk";
    finding.severity = Severity::unknown;
    finding.failures = 1;
    finding.summary = "cannot tell how full the disk is: " + why;
    return finding;
}

/// Three looks, and what they may be late.
constexpr int most_looks = 4;
constexpr Duration shortest_patience = std::chrono::minutes(1);
constexpr Duration longest_patience = std::chrono::hours(2);

}  // namespace

std::optional<Instant> predict_full(const std::vector<DiskSample>& samples) {
    if (samples.size() < fewest_samples) return std::nullopt;
    const DiskSample& newest = samples.back();
    if (newest.at - samples.front().at < shortest_span) return std::nullopt;
    if (newest.used >= newest.capacity) return newest.at;

    const Line line = fit(samples);
    if (!(line.per_second > 0)) return std::nullopt;
    const double seconds =
        (static_cast<double>(newest.capacity) - line.at_newest) / line.per_second;
    if (seconds > farthest_seconds) return std::nullopt;
    // A line that is full already while the disk is not: any moment now.
    return newest.at + Duration(static_cast<std::int64_t>(std::max(seconds, 0.0) * 1000));
}

Finding check_disk(
    const DiskPolicy& policy,
    const std::vector<DiskSample>& samples,
    const std::string& error,
    Instant now
) {
    if (!error.empty()) return cannot_tell(error);
    if (samples.empty()) return cannot_tell("nothing was measured");
    const DiskSample& newest = samples.back();
    if (newest.capacity == 0) return cannot_tell("its capacity is told as 0 bytes");

    const double ratio = ratio_of(newest);
    Finding finding;
    finding.check = "disk";
    finding.severity = level(policy, samples);
    finding.value = percent(ratio);
    finding.threshold =
        percent(finding.severity == Severity::critical ? policy.critical : policy.warning);
    finding.summary = percent(ratio) + " used, " + size_in_words(newest.used) + " of " +
                      size_in_words(newest.capacity);
    if (const auto full = predict_full(samples); full && *full <= now + policy.forecast) {
        finding.severity = std::max(finding.severity, Severity::warning);
        finding.summary += *full <= now
                               ? "; full now"
                               : "; full in " + in_words(*full - now) + " if it grows on like this";
    }
    finding.failures = finding.severity == Severity::ok ? 0 : 1;
    return finding;
}

bool waits_for_source(
    const std::string& cause, const Finding* source, Instant blind_since, Duration poll, Instant now
) {
    const bool has_told = source != nullptr && source->failures > 0;
    if (cause.empty() || has_told) return false;
    const Duration patience = std::clamp(most_looks * poll, shortest_patience, longest_patience);
    return now - blind_since < patience;
}

}  // namespace backupwatch
