#include "watch/open_backup.hpp"

#include "core/backup/judged_drill.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "drill/exported.hpp"
#include "watch/drill_work.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <utility>

namespace backupwatch {
namespace {

constexpr const char* opening = "open";
constexpr int drills_looked_through = 100;

/// Passed over for one that is whole; who named one, or a moment, knows which they got.
const Backup* newer_damaged(
    const Inventory& inventory, const BackupChoice& choice, const Backup& chosen
) {
    if (!choice.id.empty() || choice.before) return nullptr;
    const Backup* newest = newest_entry(inventory);
    return newest != nullptr && newest->started_at > chosen.started_at ? newest : nullptr;
}

Semaphore::Place place_among_opened(World& world) {
    auto place = world.opened.try_acquire();
    if (place) return std::move(*place);
    throw Failure(
        Failure::Kind::exhausted,
        std::to_string(most_opened) + " backups lie open already, and more would crowd out drills",
        "leave one of them (`\\q` in its psql), or wait until its time is over."
    );
}

/// A person looks at production's data: who, and for how long, is on record.
class VisitLog {
  public:
    VisitLog(const WatchedSet& set, std::string id, uid_t who)
        : set_(set), id_(std::move(id)), who_(who) {}

    void opened(Instant until) {
        began_ = std::chrono::steady_clock::now();
        write("opened", "until=" + to_rfc3339(until));
    }
    void left(const std::string& why) const {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
        write("no longer open", fmt::format("seconds={:.0f} why={}", took.count(), why));
    }

  private:
    void write(const char* what, const std::string& rest) const {
        spdlog::info(
            "a backup is {} database={} set={} backup={} uid={} {}",
            what,
            set_.database,
            set_.settings.name,
            quoted_line(id_),
            who_,
            rest
        );
    }

    const WatchedSet& set_;
    std::string id_;
    uid_t who_;
    std::chrono::steady_clock::time_point began_;
};

std::string words_of(const std::exception_ptr& ended) {
    try {
        std::rethrow_exception(ended);
    } catch (const Failure& failure) {
        return quoted_line(failure.what());
    } catch (const std::exception&) {
        return "left";
    }
}

}  // namespace

Failure nothing_to_open(
    const WatchedSet& set, const Inventory& inventory, const BackupChoice& choice
) {
    const std::string target = target_of(set);
    if (!choice.id.empty()) return no_such_backup(set, choice.id);
    const Backup* oldest = nullptr;
    for (const Backup& backup : inventory.backups) {
        if (backup.status != BackupStatus::completed) continue;
        if (oldest == nullptr || backup.started_at < oldest->started_at) oldest = &backup;
    }
    if (!choice.before || oldest == nullptr) return no_such_backup(set, {});
    return Failure(
        Failure::Kind::missing,
        target + " has no backup from before " + to_rfc3339(*choice.before),
        "the oldest is " + oldest->id + ", of " + to_rfc3339(oldest->started_at) + "."
    );
}

Task<std::optional<DrillRecord>> last_drill_of(World& world, WatchedSet& set, Backup backup) {
    std::vector<DrillRecord> drills;
    try {
        drills =
            co_await world.store.drills(set.database, set.settings.name, drills_looked_through);
    } catch (const Failure&) {
    }
    for (DrillRecord& drill : drills) {
        const bool says_something = drill.outcome.result != DrillOutcome::Result::unknown;
        if (is_drill_of(drill.outcome, backup) && says_something) co_return std::move(drill);
    }
    co_return std::nullopt;
}

Task<> open_backup(
    World& world, WatchedSet& set, OpenRequest request, ProgressSink progress, ShowOpened show
) {
    const auto place = place_among_opened(world);
    if (!set.running.empty()) progress(Progress{"wait"});
    DrillTurn its_turn = co_await turn_to_drill(world, set, opening);
    std::optional<DrillTurn> turn(std::move(its_turn));
    const Inventory inventory = co_await set.source->list();
    const Backup* chosen = choose_to_open(inventory, request.choice);
    if (chosen == nullptr) throw nothing_to_open(set, inventory, request.choice);
    if (!request.table.empty() && !chosen->is_unread) {
        const Manifest manifest = co_await set.source->manifest(chosen->id);
        require_table(manifest, request.table);
    }
    const auto drill = co_await last_drill_of(world, set, *chosen);

    OpenJob job{drill_job(world, set, *chosen), request.hold, request.asked_by};
    VisitLog log(set, chosen->id, request.asked_by);
    bool is_open = false;
    const auto hand_over = [&](const Sandbox& sandbox, const Source::Restored& restored) -> Task<> {
        // What follows may take hours, and nobody's turn: the nightly drill has to run.
        turn.reset();
        const Instant until = world.clock.now() + request.hold;
        const Backup* damaged = newer_damaged(inventory, request.choice, *chosen);
        const OpenedBackup opened{*chosen, damaged, drill, sandbox, restored, until};
        auto showing = show(opened);
        co_await std::move(showing);
        is_open = true;
        log.opened(until);
    };
    ProgressSink note = [&set, &turn, progress](const Progress& now) {
        if (turn) set.progress = now;
        progress(now);
    };
    Driller::HandOver named = hand_over;
    std::exception_ptr ended;
    try {
        co_await world.driller.open(std::move(job), std::move(note), std::move(named));
    } catch (...) {
        ended = std::current_exception();
    }
    if (is_open) log.left(ended ? words_of(ended) : "its time is over");
    if (ended) std::rethrow_exception(ended);
}

}  // namespace backupwatch
