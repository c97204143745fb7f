#pragma once
#include "core/time/slot_result.hpp"
#include "core/time/time.hpp"
#include "store/store.hpp"
#include "web/histogram.hpp"
#include "web/metrics_view.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace backupwatch {

/// Counters and histograms, which live beside the state for the life of the process, and all
/// metrics as Prometheus reads them (DESIGN 2.4). Used on the loop.
class Metrics {
  public:
    void slot_closed(const StreamKey& stream, SlotResult result);
    /// A slot of this kind began now, so long after its time.
    void slot_begun(const std::string& kind, Duration delay, Instant now);
    void drill_ended(const std::string& database, const std::string& set, double seconds);

    /// A notice was delivered, merged or dropped, or a try failed (SendResult).
    void notified(const std::string& notifier, std::string_view result);

    std::string render(const MetricsView& view) const;

  private:
    using SetName = std::pair<std::string, std::string>;

    void write_drill_durations(Exposition& out, const MetricsView& view) const;
    void write_slots(Exposition& out, const MetricsView& view) const;
    void write_notifications(Exposition& out, const MetricsView& view) const;

    std::map<StreamKey, std::map<SlotResult, std::uint64_t>> slots_;
    std::map<std::string, Histogram> slot_delays_;
    std::map<std::string, Instant> last_late_;  ///< by kind
    std::map<SetName, Histogram> drill_durations_;
    std::map<std::pair<std::string, std::string>, std::uint64_t> notified_;
};

}  // namespace backupwatch
