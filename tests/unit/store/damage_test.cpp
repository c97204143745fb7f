#include "fixture.hpp"
#include "store/schema.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <string>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

void write_state(const TemporaryFolder& folder, int drills) {
    auto store = opened(folder);
    for (int number = 0; number < drills; ++number) {
        Outcome outcome = outcome_at(night + number * 1s);
        outcome.drill = drill(DrillOutcome::Result::passed, outcome.at);
        outcome.drill->document.assign(20'000, 'x');
        run(store->commit(outcome));
    }
}

void overwrite(const fs::path& file, std::uintmax_t from, std::uintmax_t length) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(from));
    stream << std::string(length, '\xff');
}

/// Runs `body` in a child process, and returns its status as waitpid gives it.
int in_child(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        body();
        ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

struct Damage {
    const char* name;
    void (*inflict)(const fs::path&);
};

class DamagedState : public testing::TestWithParam<Damage> {};

TEST_P(DamagedState, is_moved_aside_and_a_new_one_begun) {
    TemporaryFolder folder;
    write_state(folder, 20);
    GetParam().inflict(folder.path() / "state.db");

    auto store = opened(folder);

    const fs::path aside = folder.path() / "state.db.damaged-2026-11-22T03:00:00Z";
    EXPECT_EQ(store->damaged_files(), std::vector{aside});
    EXPECT_TRUE(fs::exists(aside));
    EXPECT_TRUE(run(store->drills("orders", "nightly", 100)).empty());
    run(store->probe(night));

    store.reset();
    EXPECT_EQ(opened(folder)->damaged_files(), std::vector{aside}) << "said until it is taken away";
    fs::remove(aside);
    EXPECT_TRUE(opened(folder)->damaged_files().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Store,
    DamagedState,
    testing::Values(
        Damage{"header", [](const fs::path& file) { overwrite(file, 0, 100); }},
        Damage{"pages", [](const fs::path& file) { overwrite(file, 8192, 65536); }},
        Damage{"truncated", [](const fs::path& file) { fs::resize_file(file, 8192); }},
        Damage{
            "one_byte_short",
            [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) - 1); }},
        Damage{"empty", [](const fs::path& file) { fs::resize_file(file, 0); }},
        Damage{"text", [](const fs::path& file) { std::ofstream(file) << "# see wiki\n"; }},
        Damage{
            "foreign",
            [](const fs::path& file) {
                fs::resize_file(file, 0);
                Database database(file.string());
                database.script("CREATE TABLE customers (id INTEGER)");
            }},
        Damage{
            "file_lost_but_its_log_there",
            [](const fs::path& file) { fs::rename(file, fs::path(file) += "-wal"); }}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(Store, does_not_overwrite_what_was_moved_aside_in_the_same_second) {
    TemporaryFolder folder;
    for (int time = 0; time < 3; ++time) {
        opened(folder);
        overwrite(folder.path() / "state.db", 0, 100);
    }

    EXPECT_EQ(opened(folder)->damaged_files().size(), 3u);
}

TEST(Store, says_damage_from_every_verb_once_it_was_met) {
    TemporaryFolder folder;
    write_state(folder, 300);
    auto store = opened(folder);
    const fs::path file = folder.path() / "state.db";
    overwrite(file, 4096, fs::file_size(file) - 4096);

    EXPECT_EQ(failure_of(store->drills("orders", "nightly", 300)), Failure::Kind::corrupt);

    EXPECT_EQ(failure_of(store->history(nightly, night)), Failure::Kind::corrupt);
    EXPECT_EQ(failure_of(store->commit(outcome_at(night))), Failure::Kind::corrupt);
    EXPECT_EQ(failure_of(store->findings()), Failure::Kind::corrupt);
    EXPECT_EQ(failure_of(store->probe(night)), Failure::Kind::corrupt);
}

TEST(Store, notices_that_its_file_was_taken_away) {
    TemporaryFolder folder;
    auto store = opened(folder);
    fs::rename(folder.path() / "state.db", folder.path() / "elsewhere.db");

    EXPECT_EQ(failure_of(store->probe(night)), Failure::Kind::missing);
    EXPECT_EQ(failure_of(store->commit(outcome_at(night))), Failure::Kind::missing);
}

TEST(Store, says_that_another_process_holds_it) {
    TemporaryFolder folder;
    auto store = opened(folder);
    Database other((folder.path() / "state.db").string());
    const Transaction held(other);

    EXPECT_EQ(failure_of(store->probe(night)), Failure::Kind::timeout);
}

TEST(Store, says_when_the_disk_is_full_and_goes_on_when_there_is_room_again) {
    TemporaryFolder folder;
    // A limit of the file size stands for the end of the disk; it is the process's, so a child's.
    const int status = in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        auto store = opened(folder);
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = 512 * 1024;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        Outcome outcome = outcome_at(night);
        outcome.drill = drill(DrillOutcome::Result::passed, night);
        outcome.drill->document.assign(1024 * 1024, 'x');
        if (failure_of(store->commit(outcome)) != Failure::Kind::exhausted) ::_exit(1);
        if (failure_of(store->commit(outcome)) != Failure::Kind::exhausted) ::_exit(2);
        if (!run(store->drills("orders", "nightly", 10)).empty()) ::_exit(3);

        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        if (failure_of(store->commit(outcome))) ::_exit(4);
    });

    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(run(opened(folder)->drills("orders", "nightly", 10)).size(), 1u);
}

TEST(Store, has_a_commit_whole_or_not_at_all_after_kill_9) {
    TemporaryFolder folder;
    int committed = 0;
    for (int round = 0; round < 8; ++round) {
        int acknowledged[2];
        ASSERT_EQ(::pipe(acknowledged), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            auto store = opened(folder);
            for (int number = committed;; ++number) {
                Outcome outcome = outcome_at(night + number * 1s);
                outcome.closes = Outcome::Slot{nightly, outcome.at, "ok"};
                outcome.disk = DiskSample{outcome.at, 1, 2};
                outcome.drill = drill(DrillOutcome::Result::passed, outcome.at);
                outcome.drill->document.assign(30'000, 'x');
                run(store->commit(outcome));
                if (::write(acknowledged[1], "x", 1) != 1) ::_exit(1);
            }
        }
        ::close(acknowledged[1]);
        // At another moment each time, after the first commits of this child.
        char byte = 0;
        for (int heard = 0; heard < 5 && ::read(acknowledged[0], &byte, 1) == 1; ++heard) {
            ++committed;
        }
        ::usleep(static_cast<useconds_t>(700 * round));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (::read(acknowledged[0], &byte, 1) == 1) ++committed;
        ::close(acknowledged[0]);

        auto store = opened(folder);
        const auto samples = run(store->disk_samples("orders", night));
        const auto drills = run(store->drills("orders", "nightly", 100'000));
        EXPECT_TRUE(store->damaged_files().empty());
        EXPECT_EQ(samples.size(), drills.size()) << "both or none";
        // One more may have been committed and not yet told.
        const int found = static_cast<int>(samples.size());
        EXPECT_GE(found, committed);
        EXPECT_LE(found, committed + 1);
        committed = found;
    }
}

}  // namespace
}  // namespace backupwatch
