#include "watch/hooks.hpp"

#include "async/as_failure.hpp"
#include "core/failure.hpp"
#include "core/hiding.hpp"
#include "core/quoted_line.hpp"
#include "core/text.hpp"
#include "process/file_lock.hpp"
#include "process/find_program.hpp"
#include "watch/look_and_commit.hpp"
#include "watch/work_lock.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t lines_told = 3;
constexpr std::size_t longest_line = 300;
/// How often it is asked whether somebody else's run is over.
constexpr Duration between_questions = std::chrono::milliseconds(250);
/// Beside the limits of all that come before: for what is recorded in between.
constexpr Duration longest_records = std::chrono::minutes(1);
constexpr const char* interrupted_hook =
    "interrupted twice: backupwatch was ended in the midst of it, and whether it did its work is "
    "not known";

/// The last words of a program, of which nobody sees a secret.
class LastWords {
  public:
    explicit LastWords(const std::vector<Secret>& secrets) {
        for (const Secret& secret : secrets) {
            for (std::string& spelling : spellings_of(secret)) {
                hidden_.push_back(std::move(spelling));
            }
        }
        // A part that is gone would leave the rest of the whole unrecognised.
        std::ranges::sort(hidden_, std::ranges::greater(), &std::string::size);
    }

    void add(std::string_view line) {
        std::string text = shown(line);
        if (text.empty()) return;
        lines_.push_back(std::move(text));
        if (lines_.size() > lines_told) lines_.pop_front();
    }

    /// On one line, and not longer than a person reads.
    std::string shown(std::string_view text) const {
        // Twice: what is no longer there may have broken one.
        const std::string line = clean_line(without(std::string(text), hidden_));
        return cut(without(line, hidden_), longest_line);
    }

    std::string after(const std::string& what) const {
        std::string text = what;
        const char* separator = ": ";
        for (const std::string& line : lines_) text += std::exchange(separator, "; ") + line;
        return text;
    }

  private:
    std::vector<std::string> hidden_;
    std::deque<std::string> lines_;
};

HandedBackup handed(WatchedSet& set, const std::string& id) {
    const BackupFiles files = set.source->files(id);
    return {files.folder.string(), id, set.database, set.settings.name, files.manifest.string()};
}

/// Throws Failure where there is no such program.
Command command_for(const WatchedSet& set, const HandedBackup& backup) {
    const HookSettings& hook = *set.settings.hook;
    Command command;
    command.program = find_program(hook.program, hook_path);
    command.arguments = fill_in(hook.arguments, backup);
    command.environment = hook_variables(backup);
    command.environment.emplace_back("PATH", hook_path);
    command.environment.emplace_back("HOME", our_home());
    command.directory = backup.folder;
    return command;
}

/// What an interrupted run had started lives on: only the program itself dies with us.
Task<> end_earlier_run(World& world, std::string folder) {
    auto end = [folder = std::move(folder)] {
        return kill_processes_given(folder_variable, folder);
    };
    co_await world.pool.run(std::move(end));
}

/// What went wrong, or nothing.
Task<std::string> run_once(World& world, WatchedSet& set, std::string id, int nth) {
    const auto words = std::make_shared<LastWords>(world.settings.secrets);
    try {
        if (nth > 1) co_await end_earlier_run(world, set.source->files(id).folder.string());
        Command command = command_for(set, handed(set, id));
        command.on_error_line = [words](std::string_view line) { words->add(line); };
        auto running = as_failure(world.run_program(std::move(command), set.settings.hook_limit));
        Exit exit = co_await std::move(running);
        exit.last_lines.clear();
        if (exit.ok()) co_return std::string();
        co_return words->after(describe(exit));
    } catch (const Failure& failure) {
        // An error of ours may name the program, or the folder, and nothing else of the command.
        co_return words->after(words->shown(failure.what()));
    }
}

void remember_run(WatchedSet& set, const HookRun& run) {
    note_run(set.memory->hook_runs, run);
}

/// What came of it, told and recorded.
Task<> settle(World& world, WatchedSet& set, HookRun run) {
    run.changed_at = world.clock.now();
    if (run.state == HookRun::State::failed) {
        spdlog::error(
            "after_backup failed database={} set={} backup={} error={}",
            set.database,
            set.settings.name,
            run.backup_id,
            quoted_line(run.error)
        );
    } else {
        spdlog::info(
            "after_backup {} database={} set={} backup={} seconds={:.3f}",
            run.state == HookRun::State::done ? "done" : "has nothing to do: the backup is gone",
            set.database,
            set.settings.name,
            run.backup_id,
            run.seconds
        );
    }
    remember_run(set, run);
    Outcome outcome;
    outcome.hook_run = std::move(run);
    co_await look_and_commit(world, set, std::move(outcome));
}

Task<> run_hook(World& world, WatchedSet& set, HookRun run) {
    run.state = HookRun::State::begun;
    ++run.tries;
    run.changed_at = world.clock.now();
    remember_run(set, run);
    try {
        co_await world.store.keep_hook_run(set.database, set.settings.name, run);
    } catch (const Failure& failure) {
        // A copy is worth more than a record of it.
        world.note_store(failure.what());
    }
    const Duration began = world.clock.uptime();
    run.error = co_await run_once(world, set, run.backup_id, run.tries);
    const std::chrono::duration<double> took = world.clock.uptime() - began;
    run.seconds = took.count();
    run.state = run.error.empty() ? HookRun::State::done : HookRun::State::failed;
    co_await settle(world, set, std::move(run));
}

/// A person may have removed it, or it was owed under settings of long ago. What was read before
/// may be older than the backup; a source that cannot be read takes no debt away.
Task<bool> is_gone(WatchedSet& set, std::string id) {
    const auto lists = [&id](const Inventory& inventory) {
        return std::ranges::count(inventory.backups, id, &Backup::id) > 0;
    };
    if (set.inventory && lists(*set.inventory)) co_return false;
    try {
        auto listing = as_failure(set.source->list());
        const Inventory now = co_await std::move(listing);
        // An empty folder is rather one whose volume is not there.
        co_return !now.backups.empty() && !lists(now);
    } catch (const Failure&) {
        co_return false;
    }
}

Task<> take_step(World& world, WatchedSet& set, HookStep step) {
    if (step.is_given_up) {
        step.run.state = HookRun::State::failed;
        step.run.error = interrupted_hook;
        co_await settle(world, set, std::move(step.run));
        co_return;
    }
    const bool has_nothing_to_do = co_await is_gone(set, step.run.backup_id);
    if (has_nothing_to_do) {
        step.run.state = HookRun::State::gone;
        co_await settle(world, set, std::move(step.run));
        co_return;
    }
    co_await run_hook(world, set, std::move(step.run));
}

/// While it lives, what the set owes is somebody's business.
class Handing {
  public:
    explicit Handing(WatchedSet& set) : memory_(set.memory) { memory_->is_handing_over = true; }
    ~Handing() { memory_->is_handing_over = false; }
    Handing(const Handing&) = delete;
    Handing& operator=(const Handing&) = delete;

  private:
    std::shared_ptr<SetMemory> memory_;
};

Task<> try_to_recall(World& world, WatchedSet& set) {
    try {
        co_await recall_hook_runs(world, set);
    } catch (const Failure& failure) {
        world.note_store(failure.what());
    }
}

const HookRun* find_run(const WatchedSet& set, const std::string& id) {
    const auto& runs = set.memory->hook_runs;
    const auto found = std::ranges::find(runs, id, &HookRun::backup_id);
    return found == runs.end() ? nullptr : &*found;
}

}  // namespace

std::optional<HookRun> owe_hook(World& world, WatchedSet& set, const Backup& backup) {
    if (!set.settings.hook) return std::nullopt;
    HookRun run;
    run.backup_id = backup.id;
    run.backup_at = instant_of(backup);
    run.changed_at = world.clock.now();
    remember_run(set, run);
    return run;
}

Task<> recall_hook_runs(World& world, WatchedSet& set) {
    if (!set.settings.hook) co_return;
    std::vector<HookRun> kept = co_await world.store.hook_runs(set.database, set.settings.name);
    for (const HookRun& run : kept) remember_run(set, run);
    // What the state refused to take when it was new.
    const std::vector<HookRun> known = set.memory->hook_runs;
    for (const HookRun& run : known) {
        std::vector<HookRun> with_it = kept;
        note_run(with_it, run);
        if (with_it == kept) continue;
        co_await world.store.keep_hook_run(set.database, set.settings.name, run);
        kept = std::move(with_it);
    }
}

std::set<std::string> held_for_hook(const WatchedSet& set) {
    std::set<std::string> held;
    for (const HookRun& run : set.memory->hook_runs) {
        if (!run.is_over()) held.insert(run.backup_id);
    }
    return held;
}

bool may_owe_hook(const WatchedSet& set) {
    return set.settings.hook && !set.memory->is_handing_over &&
           next_hook_step(set.memory->hook_runs);
}

Task<> pay_hooks(World& world, WatchedSet& set) {
    if (!may_owe_hook(set)) co_return;
    const Handing handing(set);
    const auto place = co_await world.hooks.acquire();
    // Another process's business, unless that is ended: the next look asks again.
    const auto lock = FileLock::try_acquire(lock_file(world, set, hook_lock));
    if (!lock) co_return;
    co_await try_to_recall(world, set);
    // The settings that it was owed under hold no more where another world took this one's place.
    while (!world.is_replaced()) {
        std::optional<HookStep> step = next_hook_step(set.memory->hook_runs);
        if (!step) co_return;
        co_await take_step(world, set, std::move(*step));
    }
}

Task<std::optional<HookRun>> hand_over(World& world, WatchedSet& set, std::string backup_id) {
    std::size_t before_it = 0;
    for (const HookRun& run : set.memory->hook_runs) before_it += run.is_over() ? 0 : 1;
    const Duration limit = set.settings.hook_limit * static_cast<int>(before_it) + longest_records;
    const Duration end = world.clock.uptime() + limit;
    for (;;) {
        co_await pay_hooks(world, set);
        co_await try_to_recall(world, set);
        const HookRun* run = find_run(set, backup_id);
        if (run == nullptr) {
            const std::string why = "how it ended is forgotten: a later backup was handed over";
            co_return HookRun{backup_id, {}, HookRun::State::failed, 1, {}, 0, why};
        }
        if (run->is_over()) co_return *run;
        if (world.clock.uptime() > end) co_return std::nullopt;
        co_await pause(world.clock, between_questions);
    }
}

}  // namespace backupwatch
