#pragma once
#include "core/time/time.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace backupwatch {

/// When something is due: times of day in UTC, on all or some days of the week, or a period aligned
/// to the epoch. Grammar: `03:00`, `03:00, 15:00`, `Sun 04:00`, `Mon,Thu 01:30`, `every 5m`.
class Schedule {
  public:
    /// The schedule, or a sentence that says what is wrong and what would be right.
    static std::variant<Schedule, std::string> parse(std::string_view text);
    /// Aligned to the epoch; `period` is a second or more.
    static Schedule every(Duration period);

    /// The first slot strictly after `instant`. O(1), whatever the distance.
    Instant next(Instant instant) const;
    /// The last slot at or before `instant`. O(1).
    Instant latest(Instant instant) const;
    /// The longest time between two neighbouring slots: `every` of a set that is taken on this.
    Duration longest_gap() const;
    /// As it was written, in canonical form.
    const std::string& text() const { return text_; }

    friend bool operator==(const Schedule& a, const Schedule& b) { return a.text_ == b.text_; }

  private:
    Schedule() = default;
    Duration cycle_{};  ///< a period, a day or a week
    /// Within the cycle, ascending; weeks start on Thursday, as the epoch did.
    std::vector<Duration> offsets_;
    std::string text_;
};

}  // namespace backupwatch
