#include "support/processes.hpp"
#include "system/daemon.hpp"
#include "system/session.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <sys/shm.h>

#include <csignal>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> nothing;

/// A megabyte a row, compressed in the server: small where it lies, slow to dump and to restore.
constexpr const char* slow_table =
    "CREATE TABLE slow AS SELECT repeat('x', 1000000) AS text FROM generate_series(1, 500)";

/// Shared memory that a killed postmaster may leave: named by the process that made it.
bool has_shared_memory(pid_t creator) {
    shmid_ds segment{};
    shm_info info{};
    const int last = ::shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&info));
    for (int index = 0; index <= last; ++index) {
        if (::shmctl(index, SHM_STAT, &segment) >= 0 && segment.shm_cpid == creator) return true;
    }
    return false;
}

/// Whatever is killed in the middle of its work: it ends with an exit code and a sentence, the next
/// start of anything removes what is left, and the good dump that was there is as good as before.
class Kill : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const TestPostgres& server = TestPostgres::shared();
        server.create_database("shop");
        server.execute(
            "shop", "CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 99) AS i"
        );
        origin_ = std::make_unique<Site>(server.url("shop"));
        good_ = origin_->take_backup();
        server.execute("shop", slow_table);
        slow_ = origin_->take_backup();
    }

    static void TearDownTestSuite() { origin_.reset(); }

    Kill() : site_(TestPostgres::shared().url("shop")) {
        fs::copy(origin_->dumps(), site_.dumps(), fs::copy_options::recursive);
    }

    ~Kill() override {
        // The next start, of anything.
        EXPECT_EQ(site_.completed(), (std::vector{good_, slow_}));
        EXPECT_EQ(site_.left_behind(), nothing);
        EXPECT_EQ(contents_of(site_.dumps()), contents_of(origin_->dumps()));
        const Ran drill = site_.drill(good_);
        EXPECT_EQ(drill.exit_code, 0) << drill.out << drill.err;
        EXPECT_EQ(site_.left_behind(), nothing);
    }

    std::unique_ptr<Running> start_backup() const {
        auto backup = site_.start({"backup", "shop"});
        await_dump(site_);
        return backup;
    }

    std::unique_ptr<Running> start_drill() const {
        auto drill = site_.start({"drill", "shop", "--backup", slow_, "--json"});
        await_load(site_);
        return drill;
    }

    /// Which finds no template, so that it makes one while it unpacks the dump; what makes it gets
    /// that signal, if any.
    std::unique_ptr<Running> start_drill_with_initdb(int signal = 0) const {
        fs::remove_all(site_.work() / "templates");
        auto drill = site_.start({"drill", "shop", "--backup", slow_, "--json"});
        ::kill(await_process_in(site_.work() / "templates", "/postgres --boot"), signal);
        return drill;
    }

    /// Until rows have begun to be written.
    static void await_dump(const Site& site) {
        await("a dump is being written", [&] {
            return has_file(site.dumps(), [](const std::string& path, std::uintmax_t bytes) {
                const bool is_unfinished = path.find("/.") != std::string::npos;
                const bool is_of_rows = path.ends_with(".dat") && !path.ends_with("toc.dat");
                return is_unfinished && is_of_rows && bytes >= 100'000;
            });
        });
    }

    /// Until rows have begun to be loaded: no table of an empty database is that large.
    static void await_load(const Site& site) {
        await("a dump is being loaded", [&] {
            return has_file(site.work(), [](const std::string& path, std::uintmax_t bytes) {
                return path.find("/base/") != std::string::npos && bytes >= 2'000'000;
            });
        });
    }

    /// In a folder that changes meanwhile.
    template <typename Matches>
    static bool has_file(const fs::path& folder, Matches matches) {
        std::error_code changing;
        for (fs::recursive_directory_iterator entry(folder, changing), end;
             !changing && entry != end;
             entry.increment(changing)) {
            const auto bytes = entry->is_regular_file(changing) ? entry->file_size(changing) : 0;
            if (!changing && matches(entry->path().string(), bytes)) return true;
        }
        return false;
    }

    pid_t postmaster() const { return await_process_in(site_.work(), "/postgres -D"); }

    Site site_;
    static inline std::unique_ptr<Site> origin_;
    static inline std::string good_;
    static inline std::string slow_;
};

TEST_F(Kill, of_pg_dump_fails_the_backup) {
    const auto backup = start_backup();
    ::kill(await_process_in(site_.dumps(), "/pg_dump "), SIGKILL);
    const Ran ran = backup->wait();
    EXPECT_EQ(ran.exit_code, 2) << ran.out;
    EXPECT_NE(ran.err.find("pg_dump of \"shop\" failed"), std::string::npos) << ran.err;
    EXPECT_EQ(site_.left_behind(), nothing);
}

TEST_F(Kill, of_a_worker_of_pg_dump_fails_the_backup) {
    const auto backup = start_backup();
    ::kill(await_worker_in(site_.dumps(), "/pg_dump "), SIGKILL);
    const Ran ran = backup->wait();
    EXPECT_EQ(ran.exit_code, 2) << ran.out;
    EXPECT_NE(ran.err.find("pg_dump of \"shop\" failed"), std::string::npos) << ran.err;
    EXPECT_EQ(site_.left_behind(), nothing);
}

/// Where a dump has begun to read the source, which lets it wait: at catalogs that no other program
/// of it reads.
struct Wait {
    const char* locked;
    const char* program;
    const char* says;
};
constexpr Wait waits[] = {
    {"pg_catalog.pg_ts_template", "/pg_dump ", "pg_dump of \"shop\" failed"},
    {"pg_catalog.pg_shdescription", "/pg_dumpall ", "pg_dumpall failed"}};

/// A backup whose program waits for what `holder` has.
std::unique_ptr<Running> start_waiting(const Site& site, const Session& holder, const Wait& wait) {
    site.configure("        lock_timeout: 60s\n");
    holder.execute("BEGIN");
    holder.execute(std::string("LOCK TABLE ") + wait.locked + " IN ACCESS EXCLUSIVE MODE");
    auto backup = site.start({"backup", "shop"});
    const std::string waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" +
                                std::string(wait.locked) + "'::regclass";
    await(std::string("a lock on ") + wait.locked + " is waited for", [&] {
        return TestPostgres::shared().value("shop", waiting) != "0";
    });
    return backup;
}

TEST_F(Kill, of_what_waits_for_the_source_fails_the_backup) {
    for (const Wait& wait : waits) {
        SCOPED_TRACE(wait.program);
        const Session holder(TestPostgres::shared().url("shop"));
        const auto backup = start_waiting(site_, holder, wait);
        ::kill(await_process_in(site_.dumps(), wait.program), SIGKILL);
        const Ran ran = backup->wait();
        EXPECT_EQ(ran.exit_code, 2) << ran.out;
        EXPECT_NE(ran.err.find(wait.says), std::string::npos) << ran.err;
        EXPECT_EQ(site_.left_behind(), nothing);
    }
}

TEST_F(Kill, of_a_backup_by_hand_ends_what_waits_for_it) {
    for (const Wait& wait : waits) {
        SCOPED_TRACE(wait.program);
        const Session holder(TestPostgres::shared().url("shop"));
        const auto backup = start_waiting(site_, holder, wait);
        const pid_t left = await_process_in(site_.dumps(), wait.program);
        backup->send(SIGKILL);
        EXPECT_EQ(backup->wait().exit_code, 128 + SIGKILL);
        EXPECT_TRUE(is_gone_within(left, std::chrono::seconds(5)));
        EXPECT_EQ(site_.run({"list", "shop"}).exit_code, 0);
        EXPECT_EQ(site_.left_behind(), nothing);
    }
}

TEST_F(Kill, of_pg_restore_leaves_the_drills_result_unknown) {
    const auto drill = start_drill();
    ::kill(await_process_in(site_.work(), "/pg_restore "), SIGKILL);
    const Ran ran = drill->wait();
    EXPECT_EQ(ran.exit_code, 3) << ran.out << ran.err;
    EXPECT_NE(ran.out.find("pg_restore failed"), std::string::npos) << ran.out;
    EXPECT_EQ(site_.left_behind(), nothing);
}

TEST_F(Kill, of_the_throw_away_server_leaves_the_drills_result_unknown) {
    const auto drill = start_drill();
    const pid_t server = postmaster();
    ::kill(server, SIGKILL);
    const Ran ran = drill->wait();
    EXPECT_EQ(ran.exit_code, 3) << ran.out << ran.err;
    EXPECT_NE(ran.out.find("the throw-away server ended"), std::string::npos) << ran.out;
    EXPECT_EQ(site_.left_behind(), nothing);
    EXPECT_FALSE(has_shared_memory(server));
}

TEST_F(Kill, of_a_backup_by_hand_leaves_nothing_behind_the_next_start) {
    const auto backup = start_backup();
    backup->send(SIGKILL);
    EXPECT_EQ(backup->wait().exit_code, 128 + SIGKILL);
}

TEST_F(Kill, of_a_drill_by_hand_leaves_nothing_behind_the_next_start) {
    const auto drill = start_drill();
    const pid_t server = postmaster();
    drill->send(SIGKILL);
    EXPECT_EQ(drill->wait().exit_code, 128 + SIGKILL);
    site_.run({"list", "shop"});
    EXPECT_EQ(site_.left_behind(), nothing);
    EXPECT_FALSE(has_shared_memory(server));
}

TEST_F(Kill, of_a_drill_that_makes_its_template_leaves_nothing_behind_the_next_start) {
    // Stopped: else it may be complete before the drill is killed.
    const auto drill = start_drill_with_initdb(SIGSTOP);
    drill->send(SIGKILL);
    EXPECT_EQ(drill->wait().exit_code, 128 + SIGKILL);
    EXPECT_TRUE(std::ranges::any_of(site_.left_behind(), [](const std::string& left) {
        return left.starts_with("template ");
    }));
    EXPECT_EQ(site_.run({"list", "shop"}).exit_code, 0);
    EXPECT_EQ(site_.left_behind(), nothing);
}

TEST_F(Kill, of_the_daemon_in_a_dump_fails_its_client_and_leaves_nothing_behind_the_next_start) {
    Daemon daemon(site_);
    const auto backup = start_backup();
    daemon.kill();
    const Ran ran = backup->wait();
    EXPECT_EQ(ran.exit_code, 2) << ran.out;
    EXPECT_NE(ran.err.find("the daemon ended"), std::string::npos) << ran.err;
    const Daemon next(site_);
    EXPECT_EQ(site_.left_behind(), nothing);
}

TEST_F(Kill, of_the_daemon_in_a_drill_fails_its_client_and_leaves_nothing_behind_the_next_start) {
    Daemon daemon(site_);
    const auto drill = start_drill();
    const pid_t server = postmaster();
    daemon.kill();
    const Ran ran = drill->wait();
    EXPECT_EQ(ran.exit_code, 2) << ran.out;
    EXPECT_NE(ran.err.find("the daemon ended"), std::string::npos) << ran.err;
    const Daemon next(site_);
    EXPECT_EQ(site_.left_behind(), nothing);
    EXPECT_FALSE(has_shared_memory(server));
}

TEST_F(Kill, of_the_source_in_the_middle_of_a_dump_fails_the_backup) {
    TestPostgres server;
    server.create_database("shop");
    server.execute("shop", slow_table);
    const Site site(server.url("shop"));
    const auto backup = site.start({"backup", "shop"});
    await_dump(site);
    server.crash();
    const Ran ran = backup->wait();
    EXPECT_EQ(ran.exit_code, 2) << ran.out;
    // Whichever notices first: pg_dump or the rows being counted beside it.
    EXPECT_NE(ran.err.find("server closed the connection"), std::string::npos) << ran.err;
    EXPECT_EQ(site.left_behind(), nothing);
    EXPECT_EQ(site.completed(), nothing);
}

TEST_F(Kill, by_ctrl_c_undoes_what_was_begun_before_it_ends) {
    const auto drill = start_drill();
    drill->send(SIGINT);
    const Ran ran = drill->wait(std::chrono::seconds(10));
    EXPECT_EQ(ran.exit_code, 3) << ran.out << ran.err;
    EXPECT_EQ(site_.left_behind(), nothing);

    const auto backup = start_backup();
    backup->send(SIGINT);
    EXPECT_EQ(backup->wait(std::chrono::seconds(10)).exit_code, 2);
    EXPECT_EQ(site_.left_behind(), nothing);
}

TEST_F(Kill, by_sigterm_of_a_drill_that_unpacks_and_makes_its_template_undoes_both) {
    const auto drill = start_drill_with_initdb();
    await("the dump is being unpacked", [this] {
        return has_file(site_.work(), [](const std::string& path, std::uintmax_t) {
            return path.find("/archive/") != std::string::npos;
        });
    });
    drill->send(SIGTERM);
    const Ran ran = drill->wait(std::chrono::seconds(10));
    EXPECT_EQ(ran.exit_code, 3) << ran.out << ran.err;
    EXPECT_EQ(site_.left_behind(), nothing);
}

TEST_F(Kill, of_a_client_ends_its_work_in_the_daemon) {
    Daemon daemon(site_);
    const auto expect_idle_soon = [&] {
        await("the work is undone", [&] { return site_.left_behind() == nothing; });
        // The folder goes a moment before the set's lock.
        const auto is_idle = [&] {
            const auto status = daemon.get("/api/v1/status").json();
            return status.at("databases").at(0).at("sets").at(0).at("running").is_null();
        };
        await("the set is idle", is_idle, std::chrono::seconds(5));
    };
    const auto drill = start_drill();
    drill->send(SIGKILL);
    drill->wait();
    expect_idle_soon();
    const auto backup = start_backup();
    backup->send(SIGKILL);
    backup->wait();
    expect_idle_soon();
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Kill, by_sigterm_ends_the_daemon_within_five_seconds_in_a_dump_and_in_a_drill) {
    {
        Daemon daemon(site_);
        const auto backup = start_backup();
        EXPECT_EQ(daemon.stop().exit_code, 0) << daemon.log();
        EXPECT_EQ(backup->wait().exit_code, 2);
    }
    Daemon daemon(site_);
    EXPECT_EQ(site_.left_behind(), nothing);
    const auto drill = start_drill();
    EXPECT_EQ(daemon.stop().exit_code, 0) << daemon.log();
    const Ran ended = drill->wait();
    EXPECT_EQ(ended.exit_code, 2) << ended.out << ended.err;
}

}  // namespace
}  // namespace backupwatch
