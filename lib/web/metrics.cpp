#include "web/metrics.hpp"

#include "web/exposition.hpp"
#include "web/process_usage.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <vector>

namespace backupwatch {
namespace {

// From the blink of an empty database to the longest drill that `timeout` lets pass by default.
const auto drill_bounds = histogram_bounds({5, 10, 30, 60, 120, 300, 600, 1800, 3600});
// Punctual is within a minute; a day is a night that was caught up.
const auto delay_bounds = histogram_bounds({0.1, 1, 10, 60, 600, 3600, 21600, 86400});
constexpr Duration late = std::chrono::minutes(10);

/// What can come of a notice, and of a try.
constexpr std::array<std::string_view, 8> notification_results{
    "delivered", "merged", "dropped", "unclear", "retry", "ambiguous", "bad_payload", "broken"};

void write_process(Exposition& out) {
    const ProcessUsage usage = process_usage();
    out.single(
        "process_cpu_seconds_total",
        "counter",
        "Time that this process has used a processor.",
        usage.cpu_seconds
    );
    out.single("process_open_fds", "gauge", "File descriptors in use.", usage.open_files);
    out.single(
        "process_max_fds", "gauge", "File descriptors that may be in use.", usage.most_files
    );
    out.single(
        "process_resident_memory_bytes",
        "gauge",
        "Memory that this process occupies.",
        usage.resident_bytes
    );
    out.single("process_start_time_seconds", "gauge", "When this process began.", usage.started_at);
    out.single("process_threads", "gauge", "Threads of this process.", usage.threads);
}

}  // namespace

void Metrics::slot_closed(const StreamKey& stream, SlotResult result) {
    ++slots_[stream][result];
}

void Metrics::slot_begun(const std::string& kind, Duration delay, Instant now) {
    if (delay > late) last_late_[kind] = now;
    // A clock that was put back has the slot begin before it was due.
    const double seconds = std::max(0.0, std::chrono::duration<double>(delay).count());
    slot_delays_.try_emplace(kind, delay_bounds).first->second.observe(seconds);
}

void Metrics::drill_ended(const std::string& database, const std::string& set, double seconds) {
    const SetName name(database, set);
    drill_durations_.try_emplace(name, drill_bounds).first->second.observe(seconds);
}

void Metrics::write_drill_durations(Exposition& out, const MetricsView& view) const {
    out.family(
        "backupwatch_drill_duration_seconds",
        "histogram",
        "How long drills took to fetch, start and restore."
    );
    const Histogram none(drill_bounds);
    for (const MetricsView::Set& set : view.sets) {
        if (!set.drill) continue;
        const auto found = drill_durations_.find(SetName(set.database, set.set));
        const Histogram& durations = found == drill_durations_.end() ? none : found->second;
        durations.write(out, {{"database", set.database}, {"set", set.set}});
    }
}

void Metrics::notified(const std::string& notifier, std::string_view result) {
    ++notified_[{notifier, std::string(result)}];
}

void Metrics::write_notifications(Exposition& out, const MetricsView& view) const {
    out.family(
        "backupwatch_notifications_total",
        "counter",
        "Notices delivered, merged into another or dropped; tries that failed, by what came of "
        "them."
    );
    for (const auto& notifier : view.notifiers) {
        for (const std::string_view result : notification_results) {
            const auto found = notified_.find({notifier.name, std::string(result)});
            const auto count = found == notified_.end() ? 0 : found->second;
            out.sample(
                {{"notifier", notifier.name}, {"result", result}}, static_cast<double>(count)
            );
        }
    }
}

void Metrics::write_slots(Exposition& out, const MetricsView& view) const {
    out.family("backupwatch_slots_total", "counter", "Slots that were closed, by result.");
    std::set<std::string> kinds;
    std::vector<Labels> result_labels;
    for (const SlotResult result : all_slot_results) {
        result_labels.push_back({{"result", to_string(result)}});
    }
    for (const StreamKey& stream : view.streams) {
        const auto& [database, set, kind] = stream;
        kinds.insert(kind);
        const auto counts = slots_.find(stream);
        const Labels labels{{"database", database}, {"set", set}, {"kind", kind}};
        for (std::size_t i = 0; i < all_slot_results.size(); ++i) {
            double count = 0;
            if (counts != slots_.end()) {
                const auto found = counts->second.find(all_slot_results[i]);
                if (found != counts->second.end()) count = static_cast<double>(found->second);
            }
            out.sample("", labels, result_labels[i], count);
        }
    }
    out.family(
        "backupwatch_slot_delay_seconds",
        "histogram",
        "How long after their time slots began, by kind."
    );
    const Histogram none(delay_bounds);
    for (const std::string& kind : kinds) {
        const auto found = slot_delays_.find(kind);
        const Histogram& delays = found == slot_delays_.end() ? none : found->second;
        delays.write(out, {{"kind", kind}});
    }
    out.family(
        "backupwatch_slot_last_late_timestamp_seconds",
        "gauge",
        "When a slot last began over ten minutes late, by kind."
    );
    for (const std::string& kind : kinds) {
        const auto found = last_late_.find(kind);
        std::optional<Instant> last;
        if (found != last_late_.end()) last = found->second;
        out.sample({{"kind", kind}}, moment(last));
    }
}

std::string Metrics::render(const MetricsView& view) const {
    Exposition out;
    out.family("backupwatch_build_info", "gauge", "Which backupwatch this is.");
    out.sample({{"version", BACKUPWATCH_VERSION}}, 1);
    write_view(out, view);
    write_drill_durations(out, view);
    write_slots(out, view);
    write_notifications(out, view);
    out.single(
        "backupwatch_config_last_reload_successful",
        "gauge",
        "Whether the newest configuration is in use: 1 yes, 0 an older one is.",
        view.last_reload_successful ? 1 : 0
    );
    write_process(out);
    return out.take();
}

}  // namespace backupwatch
