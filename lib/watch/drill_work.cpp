#include "watch/drill_work.hpp"

#include "async/as_failure.hpp"
#include "core/backup/backup.hpp"
#include "core/backup/choice.hpp"
#include "core/backup/judged_drill.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "json/text.hpp"
#include "watch/look_and_commit.hpp"
#include "watch/work.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace backupwatch {
namespace {

/// What a person means. A damaged backup can be drilled too: the drill says what is wrong with it.
/// Who asks for the newest means just that, and not the newest that is still whole.
Backup choose_backup(const WatchedSet& set, const Inventory& inventory, const std::string& id) {
    const Backup* chosen = id.empty() ? newest_entry(inventory) : entry_of(inventory, id);
    if (chosen == nullptr) throw no_such_backup(set, id);
    return *chosen;
}

DrillRecord record_of(const DrillReport& report, AskedBy who, Instant now) {
    DrillRecord record;
    record.database = report.database;
    record.set = report.set;
    record.outcome = outcome_of(report, now);
    record.by_hand = who == AskedBy::person;
    record.verified_rows = report.verified_rows();
    record.document = json_text(to_json(report));
    return record;
}

/// In its turn. Throws what World::commit throws.
Task<DrillReport> run_drill(
    World& world,
    WatchedSet& set,
    Backup backup,
    SlotOf slot,
    Unknown unknown,
    AskedBy who,
    ProgressSink progress
) {
    DrillJob job = drill_job(world, set, std::move(backup));
    ProgressSink note = [&set, progress](const Progress& now) {
        set.progress = now;
        progress(now);
    };
    DrillReport report = co_await world.driller.run(std::move(job), std::move(note));

    const auto& errors = report.verification.errors;
    // By hand, who asked is told.
    const bool is_bad = report.result != DrillOutcome::Result::passed;
    spdlog::log(
        is_bad && who == AskedBy::schedule ? spdlog::level::err : spdlog::level::info,
        "drill {} database={} set={} backup={} restore_seconds={:.3f} seconds={:.3f} error={}",
        to_string(report.result),
        set.database,
        set.settings.name,
        report.backup.id,
        report.restore_seconds(),
        report.seconds,
        quoted_line(errors.empty() ? "" : errors.front())
    );
    world.on_drill(report);
    Outcome outcome;
    outcome.drill = record_of(report, who, world.clock.now());
    const bool is_judged = report.result != DrillOutcome::Result::unknown;
    if (slot && (is_judged || unknown == Unknown::closes)) {
        slot->result = to_string(slot_result(report.result));
        outcome.closes = std::move(slot);
    }
    const DrillRecord record = *outcome.drill;
    std::optional<Failure> refused;
    try {
        auto keeping = as_failure(look_and_commit(world, set, std::move(outcome)));
        co_await std::move(keeping);
    } catch (const Failure& failure) {
        refused = failure;
    }
    if (!refused) {
        world.on_drill_recorded(set.database);
        co_return report;
    }
    // What a slot asked for is asked for again.
    if (who == AskedBy::schedule) throw Failure(*refused);
    set.memory->unrecorded.drills.push_back(record);
    const char* outlook = world.ends_with_command ? ": nobody will know of it; drill again once "
                                                    "the state can be written"
                                                  : ": the daemon tries it again";
    report.verification.skipped.push_back(
        {"recording this drill", std::string(refused->what()) + outlook}
    );
    co_return report;
}

}  // namespace

DrillJob drill_job(const World& world, const WatchedSet& set, Backup backup) {
    DrillJob job;
    job.database = set.database;
    job.set = set.settings.name;
    job.source = set.source.get();
    job.backup = std::move(backup);
    job.settings = set.settings.drill.value_or(DrillSettings());
    job.jobs = world.cores;
    return job;
}

Failure no_such_backup(const WatchedSet& set, const std::string& id) {
    if (id.empty()) {
        return Failure(
            Failure::Kind::missing,
            target_of(set) + " has no completed backup",
            set.settings.take ? "take one with `backupwatch backup " + target_of(set) + "`."
                              : "none has come to " + set.settings.directory.string() + " yet."
        );
    }
    return Failure(
        Failure::Kind::missing,
        target_of(set) + " has no backup \"" + id + "\"",
        "`backupwatch list " + target_of(set) + "` shows what there is."
    );
}

Task<DrillTurn> turn_to_drill(World& world, WatchedSet& set, std::string what) {
    for (;;) {
        auto place = co_await world.drills.acquire();
        auto lock = WorkLock::try_acquire(world, set, what);
        if (lock) co_return DrillTurn{std::move(*lock), std::move(place)};
        place = {};
        const WorkLock free_again = co_await WorkLock::acquire(world, set, what);
    }
}

DrillRecord unrun_drill(
    const WatchedSet& set, const Backup& backup, const std::string& why, Instant now
) {
    DrillReport report;
    report.database = set.database;
    report.set = set.settings.name;
    report.backup = backup;
    report.started_at = now;
    report.verification.errors.push_back(why);
    return record_of(report, AskedBy::schedule, now);
}

SlotResult slot_result(DrillOutcome::Result result) {
    switch (result) {
        case DrillOutcome::Result::passed:
            return SlotResult::ok;
        case DrillOutcome::Result::failed:
            return SlotResult::failed;
        case DrillOutcome::Result::unknown:
            break;
    }
    return SlotResult::unknown;
}

Task<SlotResult> drill_for_slot(
    World& world, WatchedSet& set, Backup backup, Outcome::Slot slot, Unknown unknown
) {
    SlotOf closed_by_it = std::move(slot);
    ProgressSink nobody_watches = [](const Progress&) {};
    const DrillReport report = co_await run_drill(
        world,
        set,
        std::move(backup),
        std::move(closed_by_it),
        unknown,
        AskedBy::schedule,
        std::move(nobody_watches)
    );
    co_return slot_result(report.result);
}

Task<> close_slot(World& world, StreamKey stream, Instant slot, SlotResult result) {
    Outcome outcome;
    outcome.database = stream.database;
    outcome.set = stream.set;
    outcome.at = world.clock.now();
    outcome.closes = Outcome::Slot{std::move(stream), slot, std::string(to_string(result))};
    co_await world.commit(std::move(outcome));
}

Task<> close_unrun(World& world, WatchedSet& set, Outcome::Slot slot, std::string why) {
    if (!set.inventory) co_await look(world, set);
    const Instant now = world.clock.now();
    const Backup* newest = set.inventory ? newest_completed(*set.inventory, now) : nullptr;
    Outcome outcome;
    if (newest != nullptr) outcome.drill = unrun_drill(set, *newest, why, now);
    outcome.closes = std::move(slot);
    co_await look_and_commit(world, set, std::move(outcome));
}

Task<DrillReport> drill(World& world, WatchedSet& set, std::string id, ProgressSink progress) {
    const DrillTurn turn = co_await turn_to_drill(world, set);
    const Inventory inventory = co_await set.source->list();
    Backup backup = choose_backup(set, inventory, id);
    const SlotOf none;
    co_return co_await run_drill(
        world, set, std::move(backup), none, Unknown::closes, AskedBy::person, std::move(progress)
    );
}

Task<SlotResult> drill_on_schedule(World& world, WatchedSet& set, Outcome::Slot slot) {
    std::optional<DrillTurn> turn;
    std::optional<Inventory> inventory;
    std::string refused;
    try {
        DrillTurn its_turn = co_await turn_to_drill(world, set);
        turn.emplace(std::move(its_turn));
        auto listing = as_failure(set.source->list());
        inventory = co_await std::move(listing);
    } catch (const Failure& failure) {
        refused = failure.what();
    }
    const Backup* newest = inventory ? newest_completed(*inventory, world.clock.now()) : nullptr;
    if (newest == nullptr) {
        if (inventory) refused = no_such_backup(set, {}).what();
        spdlog::error(
            "cannot drill database={} set={} error={}",
            set.database,
            set.settings.name,
            quoted_line(refused)
        );
        slot.result = to_string(SlotResult::unknown);
        // Where there is no backup, the check `backup` says so.
        if (inventory) {
            co_await close_slot(world, std::move(slot.stream), slot.slot, SlotResult::unknown);
        } else {
            co_await close_unrun(world, set, std::move(slot), std::move(refused));
        }
        co_return SlotResult::unknown;
    }
    Backup backup = *newest;
    co_return co_await drill_for_slot(
        world, set, std::move(backup), std::move(slot), Unknown::closes
    );
}

}  // namespace backupwatch
