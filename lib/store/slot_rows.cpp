#include "store/slot_rows.hpp"

#include "core/failure.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

constexpr auto insert_stream =
    "INSERT INTO streams (database, backup_set, kind, since, last) VALUES (?1, ?2, ?3, ?4, ?4) "
    "ON CONFLICT DO NOTHING";

constexpr auto select_stream =
    "SELECT since, last, open, tries FROM streams "
    "WHERE database = ?1 AND backup_set = ?2 AND kind = ?3";

constexpr auto update_stream =
    "UPDATE streams SET last = ?4, open = ?5, tries = ?6 "
    "WHERE database = ?1 AND backup_set = ?2 AND kind = ?3";

constexpr auto select_stretches =
    "SELECT first, last FROM slot_stretches "
    "WHERE database = ?1 AND backup_set = ?2 AND kind = ?3 ORDER BY first";

constexpr auto delete_stretch =
    "DELETE FROM slot_stretches "
    "WHERE database = ?1 AND backup_set = ?2 AND kind = ?3 AND first = ?4";

constexpr auto insert_stretch = "INSERT INTO slot_stretches VALUES (?1, ?2, ?3, ?4, ?5)";

constexpr auto begin_slot =
    "INSERT INTO slots (database, backup_set, kind, instant, late, tries, opened_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
    "ON CONFLICT DO UPDATE SET late = ?5, tries = ?6, opened_at = ?7";

constexpr auto select_closed =
    "SELECT 1 FROM slots WHERE database = ?1 AND backup_set = ?2 AND kind = ?3 AND instant = ?4 "
    "AND closed_at IS NOT NULL";

constexpr auto end_slot =
    "UPDATE slots SET closed_at = ?5, result = ?6 "
    "WHERE database = ?1 AND backup_set = ?2 AND kind = ?3 AND instant = ?4";

bool is_closed(Database& database, const StreamKey& stream, Instant slot) {
    Query query = database.query(select_closed, stream.database, stream.set, stream.kind, slot);
    return query.next();
}

bool starts_earlier(const SlotStretch& a, const SlotStretch& b) {
    return std::pair(a.first, a.last) < std::pair(b.first, b.last);
}

std::vector<SlotStretch> without(
    const std::vector<SlotStretch>& all, const std::vector<SlotStretch>& some
) {
    std::vector<SlotStretch> rest;
    const auto into = std::back_inserter(rest);
    std::set_difference(all.begin(), all.end(), some.begin(), some.end(), into, starts_earlier);
    return rest;
}

/// Writes what changed: nearly always one stretch of many.
void update_history(
    Database& database, const StreamKey& stream, const SlotHistory& before, const SlotHistory& after
) {
    const auto& [name, set, kind] = stream;
    const int open = after.open ? 1 : 0;
    database.execute(update_stream, name, set, kind, after.last, open, after.tries);
    for (const SlotStretch& gone : without(before.worked, after.worked)) {
        database.execute(delete_stretch, name, set, kind, gone.first);
    }
    for (const SlotStretch& added : without(after.worked, before.worked)) {
        database.execute(insert_stretch, name, set, kind, added.first, added.last);
    }
}

}  // namespace

SlotHistory read_history(Database& database, const StreamKey& stream, Instant first_sight) {
    const auto& [name, set, kind] = stream;
    database.execute(insert_stream, name, set, kind, first_sight);
    SlotHistory history;
    {
        Query query = database.query(select_stream, name, set, kind);
        query.next();
        query.read(history.since, history.last, history.open, history.tries);
    }
    Query query = database.query(select_stretches, name, set, kind);
    while (query.next()) {
        SlotStretch& stretch = history.worked.emplace_back();
        query.read(stretch.first, stretch.last);
    }
    return history;
}

void open_slot(Database& database, const StreamKey& stream, const DueSlot& due, Instant now) {
    const auto& [name, set, kind] = stream;
    const SlotHistory before = read_history(database, stream, now);
    update_history(database, stream, before, opened(before, due));
    const int late = due.late ? 1 : 0;
    database.execute(begin_slot, name, set, kind, due.slot, late, due.attempt, now);
}

void close_slot(Database& database, const Outcome::Slot& closed, Instant now) {
    const auto& [name, set, kind] = closed.stream;
    const Instant slot = closed.slot;
    if (is_closed(database, closed.stream, slot)) {
        throw Failure(
            Failure::Kind::rejected,
            "cannot close the slot " + to_rfc3339(slot) + " (" + kind + ") of \"" + name + "/" +
                set + "\": it was closed before"
        );
    }
    SlotHistory before = read_history(database, closed.stream, now);
    if (!before.open || before.last != slot) {
        // Opening it could not be recorded, for want of disk, but it was worked.
        const DueSlot due{.slot = slot, .late = false, .attempt = 1, .previous = slot};
        open_slot(database, closed.stream, due, now);
        before = read_history(database, closed.stream, now);
    }
    SlotHistory after = before;
    after.open = false;
    update_history(database, closed.stream, before, after);
    database.execute(end_slot, name, set, kind, slot, now, closed.result);
}

}  // namespace backupwatch
