#pragma once
#include "core/time/schedule.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace backupwatch {

/// Slots that were begun one after the other, from `first` to `last`, both included. Every instant
/// between the two counts as worked, also under a schedule that was changed since.
struct SlotStretch {
    Instant first;
    Instant last;

    friend bool operator==(const SlotStretch&, const SlotStretch&) = default;
};

/// What is remembered of one schedule of one set. A slot's identity is its instant, so what was
/// worked is remembered by instants and not by "everything up to the newest": a clock that was ten
/// years ahead for an hour must not silence the ten years that follow, and a clock that goes back
/// must not make last night be worked again. Stretches keep that small: one as long as nothing is
/// missed, another after every outage or step of the clock.
struct SlotHistory {
    Instant since;      ///< first sight: nothing that begins at or before it is due
    Instant last;       ///< the slot that was begun most recently, or first sight
    bool open = false;  ///< `last` was begun and never closed: the program was ended in its midst
    int tries = 0;      ///< how often `last` was begun
    std::vector<SlotStretch> worked;  ///< ascending, disjoint, at most 1,000
};

struct DueSlot {
    Instant slot;
    bool late = false;  ///< not begun within a minute of its time: a catch-up
    int attempt = 1;    ///< 2 and 3: begun again after an interruption
    Instant previous;   ///< the slot before it in the schedule
};

/// What to do now about one schedule: begin, or close as interrupted, and decide again; else wait.
struct SlotDecision {
    std::optional<DueSlot> begin;  ///< open this slot and work it
    /// Close this slot as failed: it was begun three times and never ended.
    std::optional<Instant> interrupted;
    /// What was done last lies in the future of `now`: a clock was wrong, or is; say so. Over as
    /// soon as the next slot is begun.
    bool clock_went_back = false;
    Instant wake;  ///< decide again at this time, or when the clock is set
};

/// Pure. `offset` (the database's share of `spread`) delays a slot's beginning, not its identity.
/// Of several missed slots only the latest is due, and never one that was worked. Where first sight
/// lies in the future of `now` it says nothing, and the latest slot is due.
SlotDecision decide_slot(
    const Schedule& schedule, const SlotHistory& history, Duration offset, Instant now
);

/// The history once `due` has begun: what is made durable before any work. Closing it then only
/// clears `open`.
SlotHistory opened(SlotHistory history, const DueSlot& due);

/// When the next slot after `now` begins: its own time, and the database's share of `spread`.
Instant next_beginning(const Schedule& schedule, Duration offset, Instant now);

/// This database's stable share of `spread`: a hash of its name, never fresh random.
Duration spread_offset(std::string_view database, Duration spread);

}  // namespace backupwatch
