#include "core/time/schedule.hpp"

#include "core/digits.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>
#include <set>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration day = 24h;
constexpr Duration week = 7 * day;
/// In the order in which they are written. The epoch was a Thursday, so that is where weeks begin.
constexpr std::array<std::string_view, 7> day_names{
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::size_t thursday = 3;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> comma_separated(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto comma = text.find(',');
        parts.push_back(trimmed(text.substr(0, comma)));
        if (comma == std::string_view::npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) ==
               std::tolower(static_cast<unsigned char>(y));
    });
}

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::optional<Duration> parse_time_of_day(std::string_view text) {
    const auto hour = take_digits(text, 2, 23);
    if (!hour || !take_any(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2, 59);
    if (!minute || !text.empty()) return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

std::string time_of_day_text(Duration time) {
    const std::string hour = std::to_string(100 + time / 1h);
    const std::string minute = std::to_string(100 + time % 1h / 1min);
    return hour.substr(1) + ":" + minute.substr(1);
}

/// Times of day on some days of the week (indexes of day_names).
struct WeekPlan {
    std::set<std::size_t> days;
    std::set<Duration> times;
};

/// The plan that `text` names, or a sentence about what is wrong with it.
std::variant<WeekPlan, std::string> parse_week(std::string_view text) {
    WeekPlan plan;
    const auto first_digit = std::min(text.find_first_of("0123456789"), text.size());
    if (const auto days = trimmed(text.substr(0, first_digit)); !days.empty()) {
        for (const std::string_view part : comma_separated(days)) {
            const auto name = std::find_if(day_names.begin(), day_names.end(), [&](auto known) {
                return same_word(known, part);
            });
            if (name == day_names.end()) {
                return quoted(part) +
                       " is not a day of the week: write Mon, Tue, Wed, Thu, Fri, Sat or Sun";
            }
            plan.days.insert(static_cast<std::size_t>(name - day_names.begin()));
        }
    }
    for (const std::string_view part : comma_separated(text.substr(first_digit))) {
        const auto time = parse_time_of_day(part);
        if (!time) {
            return quoted(part) + " is not a time of day: write hours and minutes in UTC, as 03:00";
        }
        plan.times.insert(*time);
    }
    return plan;
}

std::string week_text(const WeekPlan& plan) {
    std::string text;
    for (const std::size_t index : plan.days) {
        text += (text.empty() ? "" : ",") + std::string(day_names[index]);
    }
    if (!text.empty()) text += " ";
    bool first = true;
    for (const Duration time : plan.times) {
        text += (first ? "" : ", ") + time_of_day_text(time);
        first = false;
    }
    return text;
}

/// Where the cycle that holds `instant` begins.
Instant cycle_start(Instant instant, Duration cycle) {
    Duration within = instant.time_since_epoch() % cycle;
    if (within < 0ms) within += cycle;
    return instant - within;
}

}  // namespace

std::variant<Schedule, std::string> Schedule::parse(std::string_view written) {
    const std::string_view text = trimmed(written);
    if (text.empty()) {
        return "an empty schedule: write a time of day as 03:00, a day as Sun 04:00, or every 5m";
    }
    constexpr std::string_view every_word = "every ";
    if (same_word(text.substr(0, every_word.size()), every_word)) {
        const std::string_view period_text = trimmed(text.substr(every_word.size()));
        const auto period = parse_duration(period_text);
        if (!period || *period < 1s) {
            return quoted(period_text) +
                   " is not a period of a second or more: write 30s, 5m or 1h";
        }
        return every(*period);
    }

    auto parsed = parse_week(text);
    if (auto* wrong = std::get_if<std::string>(&parsed)) return std::move(*wrong);
    WeekPlan& plan = std::get<WeekPlan>(parsed);
    if (plan.days.size() == day_names.size()) plan.days.clear();

    Schedule schedule;
    schedule.text_ = week_text(plan);
    schedule.cycle_ = plan.days.empty() ? day : week;
    if (plan.days.empty()) plan.days = {thursday};
    for (const std::size_t index : plan.days) {
        const auto days_since_thursday = static_cast<int>((index + 7 - thursday) % 7);
        for (const Duration time : plan.times) {
            schedule.offsets_.push_back(days_since_thursday * day + time);
        }
    }
    std::sort(schedule.offsets_.begin(), schedule.offsets_.end());
    return schedule;
}

Schedule Schedule::every(Duration period) {
    assert(period >= 1s);
    Schedule schedule;
    schedule.cycle_ = period;
    schedule.offsets_ = {Duration(0)};
    schedule.text_ = "every " + to_text(period);
    return schedule;
}

Instant Schedule::next(Instant instant) const {
    const Instant start = cycle_start(instant, cycle_);
    const auto later = std::upper_bound(offsets_.begin(), offsets_.end(), instant - start);
    if (later == offsets_.end()) return start + cycle_ + offsets_.front();
    return start + *later;
}

Instant Schedule::latest(Instant instant) const {
    const Instant start = cycle_start(instant, cycle_);
    const auto later = std::upper_bound(offsets_.begin(), offsets_.end(), instant - start);
    if (later == offsets_.begin()) return start - cycle_ + offsets_.back();
    return start + *std::prev(later);
}

Duration Schedule::longest_gap() const {
    Duration longest = offsets_.front() + cycle_ - offsets_.back();
    for (std::size_t i = 1; i < offsets_.size(); ++i) {
        longest = std::max(longest, offsets_[i] - offsets_[i - 1]);
    }
    return longest;
}

}  // namespace backupwatch
