#include "watch/hooks.hpp"

#include "unit/watch/fixture.hpp"
#include "watch/work_lock.hpp"

#include <csignal>

namespace backupwatch {
namespace {

using Ids = std::vector<std::string>;

/// A set whose dumps are handed to a program that does what the test says.
class AfterBackup : public Watch {
  protected:
    AfterBackup() { begin_life(); }

    /// As a process does, or a reload.
    void begin_life(const World* before = nullptr) {
        const auto memory = set ? set->memory : std::make_shared<SetMemory>();
        world = make_world(1, before);
        set =
            &add_set(*world, "nightly", before != nullptr ? memory : std::make_shared<SetMemory>());
        set->settings.drill.reset();
        set->settings.take = std::get<Schedule>(Schedule::parse("12:00"));
        set->settings.hook = HookSettings{"/bin/true", {{{Secret("-v"), {}}}}};
        set->settings.hook_limit = 1h;
        source().backups = lying_there;
        world->run_program = [this](Command command, Duration limit) {
            return run(std::move(command), limit);
        };
    }
    /// The process is killed, and another begins.
    void restart() {
        lying_there = source().backups;
        end_all();
        begin_life();
    }

    FakeSource& source() { return source_of(*set); }
    Task<Exit> run(Command command, Duration limit) {
        commands.push_back(command);
        limits.push_back(limit);
        for (const std::string& line : says) command.on_error_line(line);
        co_await pause(clock, lasts);
        if (fails) throw *fails;
        co_return exits;
    }

    static Task<> work_slot(Stream takes, Instant slot) { co_await takes.work(due(slot)); }
    void take_slot(Instant slot) {
        open_slot("take", slot);
        begin(work_slot(stream(world, "take"), slot));
    }
    /// Of a dump that nobody hands over.
    void expect_debt_told() {
        take_slot(noon);
        EXPECT_EQ(told(), "");

        clock.advance(3h);
        look_at_it();

        EXPECT_EQ(commands.size(), 0u);
        EXPECT_TRUE(
            told().starts_with("warning: the program of after_backup is owed " + to_rfc3339(noon))
        ) << told();
    }
    void look_at_it() { begin(work_slot(stream(world, "poll"), clock.now())); }
    /// Those of earlier runs are looked for on the pool's thread first.
    void await_runs(std::size_t count) {
        for (int turns = 0; turns < 5000 && commands.size() < count; ++turns) {
            clock.settle();
            std::this_thread::sleep_for(1ms);
        }
        EXPECT_EQ(commands.size(), count);
    }
    Ids handed_over() const {
        Ids ids;
        for (const Command& command : commands) ids.push_back(command.directory.filename());
        return ids;
    }
    std::vector<HookRun> kept() { return run_on(loop, store.hook_runs("shop", "nightly")); }
    std::string told() const {
        const Finding* found = finding(*world, "after_backup");
        return found == nullptr ? ""
                                : std::string(to_string(found->severity)) + ": " + found->summary;
    }

    std::vector<Backup> lying_there;
    std::shared_ptr<World> world;
    WatchedSet* set = nullptr;
    std::vector<Command> commands;
    std::vector<Duration> limits;
    Duration lasts{};
    Exit exits;
    std::vector<std::string> says;
    std::optional<Failure> fails;
};

const std::string first = to_rfc3339(noon);

TEST_F(AfterBackup, gets_the_folder_the_manifest_and_a_plain_environment) {
    ::setenv("BACKUPWATCH_TEST_CANARY", "of ours", 1);
    take_slot(noon);

    ASSERT_EQ(commands.size(), 1u);
    const Command& command = commands.front();
    EXPECT_EQ(command.program, "/bin/true");
    EXPECT_EQ(command.arguments, (Ids{"-v", "/dumps/" + first}));
    EXPECT_EQ(command.directory, "/dumps/" + first);
    Ids names;
    for (const auto& [name, value] : command.environment) names.push_back(name);
    EXPECT_EQ(
        names,
        (Ids{
            "BACKUPWATCH_FOLDER",
            "BACKUPWATCH_ID",
            "BACKUPWATCH_DATABASE",
            "BACKUPWATCH_SET",
            "BACKUPWATCH_MANIFEST",
            "PATH",
            "HOME"})
    );
    EXPECT_FALSE(command.user);
    EXPECT_EQ(limits.front(), Duration(1h));
    EXPECT_EQ(told(), "ok: the program of after_backup is done with " + first + ", within 0 s");
    EXPECT_FALSE(is_open("take"));
    look_at_it();
    EXPECT_EQ(commands.size(), 1u) << "once";
}

TEST_F(AfterBackup, that_fails_is_a_warning_until_it_is_done_with_a_newer_dump) {
    exits.code = 3;
    says = {"one", "two", "three", "four"};
    take_slot(noon);
    EXPECT_EQ(
        told(),
        "warning: the program of after_backup failed with " + first +
            ": exit code 3: two; three; four; it was not done with any before"
    );
    EXPECT_EQ(finding(*world, "backup")->severity, Severity::ok);
    look_at_it();
    EXPECT_EQ(commands.size(), 1u) << "what it says of one backup is not asked again";

    restart();
    look_at_it();
    EXPECT_EQ(finding(*world, "after_backup")->severity, Severity::warning)
        << "a restart ends none";
    exits.code = 0;
    clock.advance(24h);
    take_slot(noon + 24h);
    EXPECT_EQ(finding(*world, "after_backup")->severity, Severity::ok);
    EXPECT_EQ(commands.size(), 2u);
}

TEST_F(AfterBackup, names_every_other_way_to_fail) {
    struct Case {
        std::function<void()> happens;
        std::string sentence;
    };
    const Case cases[] = {
        {[&] { exits.signal = SIGKILL; }, "ended by signal 9 (Killed)"},
        {[&] { fails = Failure(Failure::Kind::timeout, "true took longer than 1 h"); },
         "true took longer than 1 h: it says this"},
        {[&] { set->settings.hook->program = "/nowhere/copy"; },
         "cannot run /nowhere/copy: No such file or directory"},
        {[&] { set->settings.hook->program = "/etc/passwd"; },
         "cannot run /etc/passwd: Permission denied"},
        {[&] { set->settings.hook->program = "/tmp"; }, "cannot run /tmp: it is no file"},
        {[&] { set->settings.hook->program = "no-such-program"; },
         "cannot run no-such-program: there is no such program in /usr/local/sbin"},
    };
    says = {"it says this"};
    for (const Case& c : cases) {
        exits = {};
        fails.reset();
        c.happens();
        take_slot(clock.now());
        EXPECT_NE(
            told().find("failed with " + to_rfc3339(clock.now()) + ": " + c.sentence),
            std::string::npos
        ) << told();
        clock.advance(24h);
    }
}

TEST_F(AfterBackup, shows_no_secret_of_the_configuration) {
    const_cast<Settings&>(world->settings).secrets = {
        Secret("postgresql://me:hunter2-x@db/shop"), Secret("token-of-mine")};
    exits.code = 1;
    says = {
        "login of me with hunter2-x and token-of-mine failed\x1b[31m " + std::string(5000, 'x')};
    take_slot(noon);

    EXPECT_NE(told().find("exit code 1: login of me with *** and *** failed"), std::string::npos)
        << told();
    EXPECT_EQ(told().find("hunter2"), std::string::npos);
    EXPECT_EQ(told().find("-v"), std::string::npos) << "nor an argument";
    EXPECT_LT(told().size(), 600u);
}

TEST_F(AfterBackup, holds_up_neither_the_slot_nor_the_drill_and_is_held_from_retention) {
    set->settings.drill.emplace();
    set->settings.retention.keep = 1s;
    set->settings.retention.keep_at_least = 1;
    lasts = 30h;
    take_slot(noon);
    EXPECT_FALSE(is_open("take"));
    EXPECT_EQ(source().drilled, Ids{first});

    set->settings.drill.reset();
    clock.advance(24h);
    take_slot(noon + 24h);
    EXPECT_EQ(source().removed, Ids{}) << "the program reads it still";
    EXPECT_EQ(handed_over(), Ids{first}) << "one at a time";

    clock.advance(24h);
    EXPECT_EQ(handed_over().size(), 2u);
    take_slot(noon + 48h);
    EXPECT_EQ(source().removed, Ids{first});
}

TEST_F(AfterBackup, that_was_interrupted_is_run_once_more_after_a_restart) {
    lasts = 30min;
    take_slot(noon);
    EXPECT_EQ(kept().front().state, HookRun::State::begun);

    restart();
    look_at_it();
    await_runs(2);
    EXPECT_EQ(handed_over(), (Ids{first, first}));
    clock.advance(31min);
    EXPECT_EQ(finding(*world, "after_backup")->severity, Severity::ok);
    EXPECT_EQ(kept().front().tries, 2);
}

TEST_F(AfterBackup, that_was_interrupted_twice_is_told) {
    lasts = 30min;
    take_slot(noon);
    restart();
    look_at_it();
    await_runs(2);
    restart();
    look_at_it();

    EXPECT_EQ(commands.size(), 2u);
    EXPECT_NE(
        told().find(
            "warning: the program of after_backup failed with " + first + ": interrupted twice"
        ),
        std::string::npos
    ) << told();
}

TEST_F(AfterBackup, is_left_to_another_process_while_that_is_at_it) {
    auto others = FileLock::try_acquire(lock_file(*world, *set, hook_lock));
    ASSERT_TRUE(others);
    take_slot(noon);
    EXPECT_EQ(commands.size(), 0u);
    EXPECT_EQ(kept().front().state, HookRun::State::owed);

    // That one died.
    others.reset();
    restart();
    look_at_it();
    EXPECT_EQ(handed_over(), Ids{first});
}

TEST_F(AfterBackup, runs_where_the_state_refuses) {
    store.refuses = true;
    ProgressSink nobody = [](const Progress&) {};
    const auto by_hand = [](World& its, WatchedSet& taken, ProgressSink sink) -> Task<> {
        const SlotOf none;
        co_await take(its, taken, TakeRequest(), none, std::move(sink));
        co_await pay_hooks(its, taken);
    };
    begin(by_hand(*world, *set, nobody));
    EXPECT_EQ(commands.size(), 1u);
    EXPECT_EQ(finding(*world, "after_backup")->severity, Severity::ok);
    EXPECT_EQ(kept().size(), 0u);

    // How it ended is owed to the state as long as it refuses that.
    store.refuses = false;
    look_at_it();
    ASSERT_EQ(kept().size(), 1u);
    EXPECT_EQ(kept()[0].state, HookRun::State::done);
    restart();
    look_at_it();
    EXPECT_EQ(commands.size(), 1u) << "it was handed over before";
    EXPECT_TRUE(told().starts_with("ok: ")) << told();
}

TEST_F(AfterBackup, that_another_process_began_and_does_not_end_is_told) {
    const auto others = FileLock::try_acquire(lock_file(*world, *set, hook_lock));
    ASSERT_TRUE(others);
    expect_debt_told();
}

TEST_F(AfterBackup, that_waits_for_others_which_hang_is_told) {
    std::vector<Semaphore::Place> taken;
    while (auto place = world->hooks.try_acquire()) taken.push_back(std::move(*place));
    expect_debt_told();

    taken.clear();
    await_runs(1);
    EXPECT_EQ(commands.size(), 1u) << "now it is its turn";
    clock.advance(1h);
}

TEST_F(AfterBackup, forgets_a_dump_that_somebody_removed_meanwhile) {
    lasts = 30min;
    take_slot(noon);
    end_all();
    begin_life();  // With an empty folder.
    source().add(noon - 24h);
    clock.advance(1h);
    look_at_it();
    EXPECT_EQ(commands.size(), 1u);
    EXPECT_EQ(kept().size(), 0u);
    EXPECT_EQ(told(), "");
}

TEST_F(AfterBackup, keeps_every_dump_while_what_is_handed_over_is_not_known) {
    set->settings.retention.keep = 1s;
    set->settings.retention.keep_at_least = 1;
    take_slot(noon);
    clock.advance(24h);
    store.refuses_hook_runs = true;
    take_slot(noon + 24h);
    EXPECT_EQ(source().removed, Ids{});
}

TEST_F(AfterBackup, by_hand_is_waited_for) {
    lasts = 10min;
    std::optional<HookRun> ended;
    const auto by_hand = [](World& its, WatchedSet& taken, std::optional<HookRun>& out) -> Task<> {
        const SlotOf none;
        ProgressSink sink = [](const Progress&) {};
        const Taken backup = co_await take(its, taken, TakeRequest(), none, std::move(sink));
        std::string id = backup.backup->id;
        out = co_await hand_over(its, taken, std::move(id));
    };
    begin(by_hand(*world, *set, ended));
    look_at_it();
    EXPECT_EQ(commands.size(), 1u) << "a look leaves it to who is at it";
    EXPECT_FALSE(ended);
    clock.advance(11min);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->state, HookRun::State::done);
}

}  // namespace
}  // namespace backupwatch
