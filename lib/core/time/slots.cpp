#include "core/time/slots.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration punctual = 1min;
constexpr int most_tries = 3;
constexpr std::size_t most_stretches = 1000;

/// The first stretch that ends at `slot` or later.
template <typename Stretches>
auto first_ending_from(Stretches& worked, Instant slot) {
    return std::lower_bound(
        worked.begin(),
        worked.end(),
        slot,
        [](const SlotStretch& stretch, Instant instant) { return stretch.last < instant; }
    );
}

bool was_worked(const SlotHistory& history, Instant slot) {
    const auto found = first_ending_from(history.worked, slot);
    return found != history.worked.end() && found->first <= slot;
}

/// Joins the two stretches that lie closest. The shortest gap, because the true present may lie in
/// any of them: in the one up to a clock that was ten years ahead, for instance.
void forget_shortest_gap(std::vector<SlotStretch>& worked) {
    std::size_t shortest = 1;
    const auto gap = [&](std::size_t i) { return worked[i].first - worked[i - 1].last; };
    for (std::size_t i = 2; i < worked.size(); ++i) {
        if (gap(i) < gap(shortest)) shortest = i;
    }
    worked[shortest - 1].last = worked[shortest].last;
    worked.erase(worked.begin() + static_cast<std::ptrdiff_t>(shortest));
}

/// Nothing that would have begun at or before first sight is due; but a first sight in the future
/// of `now` was a wrong clock's, and must not silence the years until then.
bool is_before_first_sight(const SlotHistory& history, Instant begins, Instant now) {
    return history.since <= now && begins <= history.since;
}

bool is_late(Instant slot, Duration offset, Instant now) {
    return now - slot > offset + punctual;
}

}  // namespace

SlotDecision decide_slot(
    const Schedule& schedule, const SlotHistory& history, Duration offset, Instant now
) {
    SlotDecision decision;
    decision.clock_went_back = history.last > now;
    decision.wake = schedule.next(now - offset) + offset;
    if (history.open && history.tries >= most_tries) {
        decision.interrupted = history.last;
        return decision;
    }

    const Instant slot = history.open ? history.last : schedule.latest(now - offset);
    const bool is_over =
        was_worked(history, slot) || is_before_first_sight(history, slot + offset, now);
    if (!history.open && is_over) return decision;
    decision.begin = DueSlot{
        .slot = slot,
        .late = is_late(slot, offset, now),
        .attempt = history.open ? history.tries + 1 : 1,
        .previous = schedule.latest(slot - 1ms),
    };
    return decision;
}

SlotHistory opened(SlotHistory history, const DueSlot& due) {
    history.last = due.slot;
    history.open = true;
    history.tries = due.attempt;

    if (was_worked(history, due.slot)) return history;
    auto& worked = history.worked;
    const auto later = first_ending_from(worked, due.slot);
    if (later != worked.begin() && std::prev(later)->last >= due.previous) {
        std::prev(later)->last = due.slot;
        return history;
    }
    worked.insert(later, SlotStretch{due.slot, due.slot});
    if (worked.size() > most_stretches) forget_shortest_gap(worked);
    return history;
}

Instant next_beginning(const Schedule& schedule, Duration offset, Instant now) {
    return schedule.next(now - offset) + offset;
}

Duration spread_offset(std::string_view database, Duration spread) {
    if (spread <= 0ms) return 0ms;
    // FNV-1a: the same on every machine and in every version.
    std::uint64_t hash = 14'695'981'039'346'656'037u;
    for (const char letter : database) {
        hash ^= static_cast<unsigned char>(letter);
        hash *= 1'099'511'628'211u;
    }
    return Duration(hash % static_cast<std::uint64_t>(spread.count()));
}

}  // namespace backupwatch
