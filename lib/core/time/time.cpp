#include "core/time/time.hpp"

#include "core/digits.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration longest_duration = std::chrono::hours(24) * 36'500;

constexpr std::array<std::pair<std::string_view, Duration>, 5> units{{
    {"d", 24h},
    {"h", 1h},
    {"m", 1min},
    {"s", 1s},
    {"ms", 1ms},
}};

struct CivilTime {
    std::chrono::year_month_day date;
    std::chrono::hh_mm_ss<Duration> time;
};

CivilTime civil(Instant instant) {
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<Duration>(instant - day)};
}

/// `2026-11-22T03:00`.
std::string to_the_minute(const CivilTime& at) {
    std::array<char, 48> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%04d-%02u-%02uT%02d:%02d",
        static_cast<int>(at.date.year()),
        static_cast<unsigned>(at.date.month()),
        static_cast<unsigned>(at.date.day()),
        static_cast<int>(at.time.hours().count()),
        static_cast<int>(at.time.minutes().count())
    );
    return text.data();
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_digits(text, 4, 9999);
    if (!year || !take_any(text, "-")) return std::nullopt;
    const auto month = take_digits(text, 2, 12);
    if (!month || !take_any(text, "-")) return std::nullopt;
    const auto day = take_digits(text, 2, 31);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date(
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*day))
    );
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

/// `.` and digits, if there are any; those beyond milliseconds are cut.
std::optional<Duration> take_fraction(std::string_view& text) {
    if (!take_any(text, ".")) return Duration(0);
    Duration fraction(0);
    Duration digit_value = 100ms;
    bool any = false;
    while (const auto digit = take_digits(text, 1, 9)) {
        fraction += *digit * digit_value;
        digit_value /= 10;
        any = true;
    }
    if (!any) return std::nullopt;
    return fraction;
}

struct TimeOfDay {
    Duration since_midnight;
    bool is_leap_second = false;
};

std::optional<TimeOfDay> take_time(std::string_view& text) {
    const auto hour = take_digits(text, 2, 23);
    if (!hour || !take_any(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2, 59);
    if (!minute || !take_any(text, ":")) return std::nullopt;
    const auto second = take_digits(text, 2, 60);
    if (!second) return std::nullopt;
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    const auto whole =
        std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
    // Civil time here has no leap second: it is the first instant of the next day.
    if (*second == 60) return TimeOfDay{whole, true};
    return TimeOfDay{whole + *fraction, false};
}

/// `Z`, or how far the local time is ahead of UTC.
std::optional<Duration> take_offset(std::string_view& text) {
    if (take_any(text, "Zz")) return Duration(0);
    const bool behind = !text.empty() && text.front() == '-';
    if (!take_any(text, "+-")) return std::nullopt;
    const auto hours = take_digits(text, 2, 23);
    if (!hours || !take_any(text, ":")) return std::nullopt;
    const auto minutes = take_digits(text, 2, 59);
    if (!minutes) return std::nullopt;
    const Duration ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return behind ? -ahead : ahead;
}

/// `3 min`, or `3 min 20 s` where there is a rest.
std::string two_units(
    Duration duration,
    Duration large,
    const char* large_name,
    Duration small,
    const char* small_name
) {
    std::string words = std::to_string(duration / large) + " " + large_name;
    if (const auto rest = duration % large / small; rest > 0) {
        words += " " + std::to_string(rest) + " " + small_name;
    }
    return words;
}

}  // namespace

std::string to_rfc3339(Instant instant) {
    const CivilTime at = civil(instant);
    std::array<char, 16> seconds{};
    const auto whole = static_cast<int>(at.time.seconds().count());
    if (const auto fraction = static_cast<int>(at.time.subseconds().count()); fraction > 0) {
        std::snprintf(seconds.data(), seconds.size(), ":%02d.%03dZ", whole, fraction);
    } else {
        std::snprintf(seconds.data(), seconds.size(), ":%02dZ", whole);
    }
    return to_the_minute(at) + seconds.data();
}

std::string in_words(Instant instant) {
    return to_the_minute(civil(instant)) + "Z";
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
    const auto date = take_date(text);
    if (!date || !take_any(text, "Tt ")) return std::nullopt;
    const auto time = take_time(text);
    if (!time) return std::nullopt;
    const auto ahead = take_offset(text);
    if (!ahead || !text.empty()) return std::nullopt;
    const Instant instant = *date + time->since_midnight - *ahead;
    const bool is_midnight = instant == std::chrono::floor<std::chrono::days>(instant);
    if (time->is_leap_second && !is_midnight) return std::nullopt;
    return instant;
}

std::optional<Instant> parse_moment(std::string_view text) {
    if (const auto instant = parse_rfc3339(text)) return instant;
    std::string whole(text);
    const bool has_time = whole.size() > std::string_view("2026-11-22").size();
    if (has_time && (whole.back() == 'Z' || whole.back() == 'z')) whole.pop_back();
    const bool has_seconds = std::count(whole.begin(), whole.end(), ':') > 1;
    if (!has_time) whole += "T00:00";
    return parse_rfc3339(whole + (has_seconds ? "Z" : ":00Z"));
}

std::optional<Duration> parse_duration(std::string_view text) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    for (const auto& [name, unit] : units) {
        if (text != name) continue;
        if (*number > static_cast<std::uint64_t>(longest_duration / unit)) return std::nullopt;
        return static_cast<Duration::rep>(*number) * unit;
    }
    return std::nullopt;
}

std::string to_text(Duration duration) {
    if (duration == 0s) return "0s";
    const auto unit = std::find_if(units.begin(), units.end(), [duration](const auto& candidate) {
        return duration % candidate.second == 0ms;  // of milliseconds, at the latest
    });
    return std::to_string(duration / unit->second) + std::string(unit->first);
}

std::string in_words(Duration duration) {
    if (duration < 0s) return "-" + in_words(-duration);
    if (duration >= 24h) return two_units(duration, 24h, "d", 1h, "h");
    if (duration >= 1h) return two_units(duration, 1h, "h", 1min, "min");
    if (duration >= 1min) return two_units(duration, 1min, "min", 1s, "s");
    if (duration >= 10s || duration % 1s == 0s) return std::to_string(duration / 1s) + " s";
    if (duration < 100ms) return std::to_string(duration / 1ms) + " ms";
    return std::to_string(duration / 1s) + "." + std::to_string(duration % 1s / 100ms) + " s";
}

}  // namespace backupwatch
