#include "postgres/cluster.hpp"

#include "async/pool.hpp"
#include "async/scope.hpp"
#include "core/failure.hpp"
#include "postgres/postmaster_file.hpp"
#include "process/file_lock.hpp"
#include "support/loop.hpp"
#include "support/processes.hpp"
#include "support/temporary_folder.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using Path = std::filesystem::path;
using Handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;

class ClusterTest : public testing::Test {
  protected:
    /// One template serves all tests but those that are about templates.
    static void SetUpTestSuite() {
        shared = std::make_unique<TemporaryFolder>();
        std::filesystem::permissions(shared->path(), std::filesystem::perms(0711));
    }
    static void TearDownTestSuite() { shared.reset(); }

    void SetUp() override {
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0711));
        try {
            installation = choose(find_installations(), 10, Need::server);
        } catch (const Failure& failure) {
            GTEST_SKIP() << failure.what();
        }
    }

    ClusterOptions options(const std::string& name = "drill") {
        const Path own = folder / name;
        std::filesystem::create_directories(own);
        std::filesystem::permissions(own, std::filesystem::perms(0700));
        const auto user = drill_user();
        if (user && ::chown(own.c_str(), user->uid, user->gid) != 0) ADD_FAILURE() << own;
        return {
            .folder = own,
            .templates = *shared / "templates",
            .installation = installation,
            .user = user,
        };
    }

    ClusterOptions without_template(const std::string& name) {
        ClusterOptions result = options(name);
        result.templates = folder / "templates";
        return result;
    }

    std::unique_ptr<Cluster> start(ClusterOptions with) {
        return run_on(loop, Cluster::start(std::move(with), pool));
    }

    /// An installation whose server does what the script says, after a quick initdb.
    Installation fake(const std::string& server) {
        const Path bin = folder / "fake";
        std::filesystem::create_directories(bin);
        write_program(bin / "initdb", "mkdir data data/pg_wal; : > data/PG_VERSION");
        write_program(
            bin / "postgres",
            "[ $1 = --version ] && echo 'postgres (PostgreSQL) 15.0' && exit\n" + server
        );
        return {.major = 15, .bin = bin, .has_client = false, .has_server = true};
    }

    Failure failure_of(ClusterOptions with) {
        try {
            start(std::move(with));
        } catch (const Failure& failure) {
            return failure;
        }
        ADD_FAILURE() << "it started";
        return Failure(Failure::Kind::internal, "");
    }

    Handle connect(const Cluster& cluster, const std::string& database = "postgres") {
        Handle connection(PQconnectdb(cluster.conninfo(database).reveal().c_str()), &PQfinish);
        EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
        return connection;
    }

    std::string ask(const Handle& connection, const char* query) {
        PGresult* result = PQexec(connection.get(), query);
        std::string answer = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
        EXPECT_STREQ(PQresultErrorMessage(result), "");
        PQclear(result);
        return answer;
    }

    bool dies_within(const Cluster& cluster, Duration limit) {
        const auto deadline = SteadyClock::now() + limit;
        while (!cluster.has_died() && SteadyClock::now() < deadline) {
            loop.restart();
            loop.run_for(2ms);
        }
        return cluster.has_died();
    }

    int templates() {
        int count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder / "templates")) {
            count += entry.is_directory();
        }
        return count;
    }

    int incomplete_templates() {
        int count = 0;
        std::error_code absent;
        for (const auto& entry :
             std::filesystem::directory_iterator(folder / "templates", absent)) {
            const std::string suffix = entry.path().extension();
            count += suffix == ".initdb" || suffix == ".partial";
        }
        return count;
    }

    Path only_template() {
        EXPECT_EQ(templates(), 1);
        for (const auto& entry : std::filesystem::directory_iterator(folder / "templates")) {
            if (entry.is_directory()) return entry.path();
        }
        return {};
    }

    static pid_t fork_sleeper_in(const Path& where) {
        const pid_t pid = ::fork();
        if (pid != 0) {
            const auto link = "/proc/" + std::to_string(pid) + "/cwd";
            const auto deadline = SteadyClock::now() + 10s;
            std::error_code not_yet;
            while (std::filesystem::read_symlink(link, not_yet) != where &&
                   SteadyClock::now() < deadline) {
                ::usleep(1000);
            }
            return pid;
        }
        // Whom nobody ends ends by itself.
        ::alarm(20);
        if (::chdir(where.c_str()) != 0) ::_exit(1);
        while (true) ::pause();
    }

    static inline std::unique_ptr<TemporaryFolder> shared;
    TemporaryFolder folder;
    Installation installation;
    asio::io_context loop{1};
    Pool pool{2};

  private:
    static void write_program(const Path& file, const std::string& script) {
        std::ofstream(file) << "#!/bin/sh\n" << script << "\n";
        std::filesystem::permissions(file, std::filesystem::perms(0755));
    }
};

TEST_F(ClusterTest, answers_over_its_socket_as_its_own_superuser) {
    const auto cluster = start(options());

    const auto connection = connect(*cluster);
    EXPECT_EQ(ask(connection, "SELECT current_user"), "backupwatch_drill");
    EXPECT_EQ(ask(connection, "SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_'"), "1");
    EXPECT_EQ(ask(connection, "SHOW fsync"), "off");
    EXPECT_EQ(ask(connection, "SHOW listen_addresses"), "");
    EXPECT_EQ(ask(connection, "SHOW server_encoding"), "UTF8");
    EXPECT_EQ(ask(connection, "SELECT inet_client_addr() IS NULL"), "t");
    EXPECT_FALSE(cluster->has_died());
    run_on(loop, cluster->stop());
}

TEST_F(ClusterTest, connects_to_databases_with_odd_names) {
    const auto cluster = start(options());

    ask(connect(*cluster), R"(CREATE DATABASE "it's \ a=b" TEMPLATE template0)");

    EXPECT_EQ(
        ask(connect(*cluster, R"(it's \ a=b)"), "SELECT current_database()"), R"(it's \ a=b)"
    );
    run_on(loop, cluster->stop());
}

TEST_F(ClusterTest, is_not_run_by_root_and_not_by_postgres) {
    const auto user = drill_user();
    if (::geteuid() != 0) {
        EXPECT_FALSE(user.has_value());
        return;
    }
    ASSERT_TRUE(user.has_value());
    EXPECT_NE(user->uid, 0U);

    const auto cluster = start(options());
    const auto owner = read_postmaster_file(folder / "drill/data");
    std::ifstream status("/proc/" + std::to_string(owner->pid) + "/status");
    std::string text{std::istreambuf_iterator<char>(status), {}};
    const std::string uid = std::to_string(user->uid);

    EXPECT_NE(text.find("Uid:\t" + uid + "\t" + uid), std::string::npos) << text;
    run_on(loop, cluster->stop());
}

TEST_F(ClusterTest, leaves_no_process_and_no_shared_memory_when_stopped) {
    const auto cluster = start(options());
    const auto connection = connect(*cluster);
    const auto server = read_postmaster_file(folder / "drill/data");
    ASSERT_TRUE(server.has_value());
    const auto begin = SteadyClock::now();

    run_on(loop, cluster->stop());

    EXPECT_LT(SteadyClock::now() - begin, 10s);
    EXPECT_FALSE(is_alive(server->pid));
    EXPECT_EQ(kill_processes_in(folder.path()), 0);
    shmid_ds memory{};
    EXPECT_LT(::shmctl(server->shared_memory, IPC_STAT, &memory), 0);
    EXPECT_FALSE(cluster->has_died()) << "it was ended by us";
    run_on(loop, cluster->stop());
}

TEST_F(ClusterTest, ends_programs_that_a_dump_started) {
    const auto cluster = start(options());
    const auto connection = connect(*cluster);
    const Path started = folder / "drill/started";
    const std::string copy = "COPY (SELECT 1) TO PROGRAM 'echo $$ > " + started.string() +
                             "; setsid sleep 300 & sleep 300'";
    PQsendQuery(connection.get(), copy.c_str());
    const auto deadline = SteadyClock::now() + 10s;
    while (!std::filesystem::exists(started) && SteadyClock::now() < deadline) ::usleep(2000);

    run_on(loop, cluster->stop());

    ASSERT_TRUE(std::filesystem::exists(started));
    EXPECT_EQ(kill_processes_in(folder.path()), 0);
}

TEST_F(ClusterTest, notices_that_its_server_was_killed_and_clears_up_after_it) {
    const auto cluster = start(options());
    const auto connection = connect(*cluster);
    // A session that never looks whether its server is still there.
    PQsendQuery(connection.get(), "DO $$ BEGIN LOOP END LOOP; END $$");
    const auto server = read_postmaster_file(folder / "drill/data");
    ASSERT_TRUE(server.has_value());

    ::kill(server->pid, SIGKILL);

    EXPECT_TRUE(dies_within(*cluster, 10s));
    run_on(loop, cluster->stop());
    EXPECT_TRUE(cluster->has_died());
    EXPECT_EQ(kill_processes_in(folder.path()), 0);
    shmid_ds memory{};
    EXPECT_LT(::shmctl(server->shared_memory, IPC_STAT, &memory), 0);
}

TEST_F(ClusterTest, dies_with_a_session_that_crashes_and_keeps_its_last_words) {
    const auto cluster = start(options());
    const auto connection = connect(*cluster);

    ::kill(PQbackendPID(connection.get()), SIGKILL);

    EXPECT_TRUE(dies_within(*cluster, 10s));
    const std::string log = cluster->last_log_lines();
    EXPECT_NE(log.find("was terminated by signal 9"), std::string::npos) << log;
    run_on(loop, cluster->stop());
}

TEST_F(ClusterTest, keeps_rows_out_of_its_log) {
    const auto cluster = start(options());
    const auto connection = connect(*cluster);
    ask(connection, "CREATE TABLE t (email text PRIMARY KEY)");
    ask(connection, "INSERT INTO t VALUES ('alice@example.com')");
    PQclear(PQexec(connection.get(), "INSERT INTO t VALUES ('alice@example.com')"));

    run_on(loop, cluster->stop());

    EXPECT_EQ(cluster->last_log_lines().find("alice"), std::string::npos);
}

TEST_F(ClusterTest, goes_without_a_trace_when_its_owner_forgets_to_stop_it) {
    auto cluster = start(options());
    const auto connection = connect(*cluster);

    cluster.reset();

    EXPECT_EQ(kill_processes_in(folder.path()), 0);
}

TEST_F(ClusterTest, starts_again_from_its_template_in_a_fraction_of_the_time) {
    auto begin = SteadyClock::now();
    const auto first = start(without_template("first"));
    const std::chrono::duration<double> with_initdb = SteadyClock::now() - begin;
    begin = SteadyClock::now();
    const auto second = start(without_template("second"));
    const std::chrono::duration<double> with_template = SteadyClock::now() - begin;
    std::printf("initdb %.3f s, template %.3f s\n", with_initdb.count(), with_template.count());

    EXPECT_EQ(templates(), 1);
    ask(connect(*first), "CREATE TABLE only_here ()");
    EXPECT_EQ(ask(connect(*second), "SELECT to_regclass('only_here') IS NULL"), "t");
    run_on(loop, first->stop());
    run_on(loop, second->stop());
}

TEST_F(ClusterTest, makes_one_template_when_two_start_at_once) {
    std::unique_ptr<Cluster> clusters[2];
    std::string failure;
    Scope scope(loop.get_executor(), [&](const std::string&, const std::string& what) {
        failure = what;
    });
    auto start_into = [&](ClusterOptions with, std::unique_ptr<Cluster>& cluster) -> Task<> {
        cluster = co_await Cluster::start(std::move(with), pool);
    };
    scope.spawn("first", start_into(without_template("first"), clusters[0]));
    scope.spawn("second", start_into(without_template("second"), clusters[1]));

    run_on(loop, scope.drained());

    EXPECT_EQ(failure, "");
    EXPECT_EQ(templates(), 1);
    for (const auto& cluster : clusters) {
        ASSERT_TRUE(cluster);
        EXPECT_EQ(ask(connect(*cluster), "SELECT 1"), "1");
        run_on(loop, cluster->stop());
    }
}

TEST_F(ClusterTest, replaces_what_an_interrupted_start_left_of_a_template) {
    auto first = start(without_template("first"));
    run_on(loop, first->stop());
    const Path made = only_template();
    const std::string name = made.filename();
    const Path partial = folder / ("templates/" + name.substr(0, name.rfind('-')) + ".partial");
    std::filesystem::rename(made, partial);

    const auto second = start(without_template("second"));

    EXPECT_EQ(ask(connect(*second), "SELECT 1"), "1");
    EXPECT_FALSE(std::filesystem::exists(partial));
    EXPECT_EQ(templates(), 1);
    run_on(loop, second->stop());
}

TEST_F(ClusterTest, is_rid_of_what_was_left_half_made_of_templates_but_not_of_what_is_being_made) {
    const Path place = folder / "templates";
    std::filesystem::create_directories(place / "15-0-1-7.initdb/data");
    std::filesystem::create_directories(place / "15-0-1-7.partial/data");
    std::filesystem::create_directories(place / "15-0-1-7-15.20/data");
    std::filesystem::create_directories(place / "15-0-1-8.initdb/data");
    const auto held = FileLock::try_acquire(place / "15-0-1-8.lock");
    const pid_t left = fork_sleeper_in(place / "15-0-1-7.initdb/data");

    remove_incomplete_templates(place);

    int status = 0;
    EXPECT_EQ(::waitpid(left, &status, 0), left);
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    EXPECT_FALSE(std::filesystem::exists(place / "15-0-1-7.initdb"));
    EXPECT_FALSE(std::filesystem::exists(place / "15-0-1-7.partial"));
    EXPECT_TRUE(std::filesystem::exists(place / "15-0-1-7-15.20"));
    EXPECT_TRUE(std::filesystem::exists(place / "15-0-1-8.initdb"));
}

TEST_F(ClusterTest, has_a_template_that_its_user_cannot_change) {
    if (::geteuid() != 0) GTEST_SKIP() << "without root there is one user only";
    const auto cluster = start(without_template("drill"));

    // Without the fence, which shows it nothing of the template.
    Command find{.program = "/usr/bin/find"};
    find.arguments = {only_template(), "-writable"};
    find.user = drill_user();
    const Exit found = run_on(loop, run_process(std::move(find), 60s));

    EXPECT_TRUE(found.ok()) << describe(found);
    EXPECT_EQ(found.output, "");
    run_on(loop, cluster->stop());
}

TEST_F(ClusterTest, listens_elsewhere_when_its_own_folder_is_too_long_for_a_socket) {
    const std::string deep = std::string(60, 'a') + "/" + std::string(60, 'b');
    auto with = options(deep);
    std::filesystem::permissions((folder / deep).parent_path(), std::filesystem::perms(0711));
    const auto cluster = start(with);
    const Path elsewhere = cluster->socket_folder();

    EXPECT_EQ(ask(connect(*cluster), "SELECT 1"), "1");
    EXPECT_EQ(std::filesystem::status(elsewhere).permissions(), std::filesystem::perms(0700));

    run_on(loop, cluster->stop());
    EXPECT_FALSE(std::filesystem::exists(elsewhere));
}

TEST_F(ClusterTest, names_the_folder_that_its_user_may_not_pass) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can choose a user";
    const auto with = options("closed/drill");
    std::filesystem::permissions(folder / "closed", std::filesystem::perms(0700));

    const Failure failure = failure_of(with);

    EXPECT_EQ(failure.kind(), Failure::Kind::denied);
    EXPECT_NE(
        std::string(failure.what()).find("may not pass through " + (folder / "closed").string()),
        std::string::npos
    ) << failure.what();
    EXPECT_EQ(
        failure.hint(),
        "Let others pass through it: chmod o+x " + (folder / "closed").string() + "."
    );
}

TEST_F(ClusterTest, says_what_the_server_said_when_it_does_not_start) {
    auto with = options();
    with.installation = fake("echo 'FATAL:  could not create shared memory segment' >&2; exit 1");

    const Failure failure = failure_of(with);

    EXPECT_EQ(failure.kind(), Failure::Kind::internal);
    EXPECT_STREQ(
        failure.what(),
        "cannot start a throw-away PostgreSQL: its server ended: FATAL:  could not create shared "
        "memory segment"
    );
}

TEST_F(ClusterTest, calls_a_full_disk_no_fault_of_the_server) {
    auto with = options();
    with.installation = fake("echo 'FATAL: could not write: No space left on device' >&2; exit 1");

    EXPECT_EQ(failure_of(with).kind(), Failure::Kind::exhausted);
}

TEST_F(ClusterTest, gives_up_on_a_server_that_is_never_ready) {
    auto with = options();
    with.installation = fake("echo 'LOG:  still starting' >&2; sleep 300");
    with.start_limit = 4s;

    const Failure failure = failure_of(with);

    EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
    EXPECT_STREQ(
        failure.what(), "cannot start a throw-away PostgreSQL within 4s: LOG:  still starting"
    );
    EXPECT_EQ(kill_processes_in(folder.path()), 0);
}

TEST_F(ClusterTest, says_so_when_no_time_is_left_to_make_its_files) {
    for (const Duration limit : {0s, -3s}) {
        auto with = options("late" + to_text(limit));
        with.start_limit = limit;

        const Failure failure = failure_of(with);

        EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
        EXPECT_STREQ(
            failure.what(),
            "no time is left to start a throw-away PostgreSQL: its files were not there in time"
        );
    }
}

TEST_F(ClusterTest, whose_start_is_cancelled_twice_ends_its_server_in_peace_all_the_same) {
    auto with = options();
    with.installation =
        fake("trap 'sleep 0.5; : > ended; exit' QUIT\n: > running\nwhile :; do sleep 0.05; done");
    const Path data = with.folder / "data";
    std::exception_ptr end;
    asio::cancellation_signal signal;
    auto start_once = [&]() -> Task<> { co_await Cluster::start(std::move(with), pool); };
    auto note = [&end](std::exception_ptr thrown) { end = thrown; };
    asio::co_spawn(loop, start_once, asio::bind_cancellation_slot(signal.slot(), note));
    const auto deadline = SteadyClock::now() + 20s;
    while (!std::filesystem::exists(data / "running") && SteadyClock::now() < deadline) {
        loop.run_for(2ms);
    }
    EXPECT_TRUE(std::filesystem::exists(data / "running"));

    signal.emit(asio::cancellation_type::terminal);
    loop.run_for(100ms);
    signal.emit(asio::cancellation_type::terminal);
    loop.run();

    EXPECT_TRUE(end);
    EXPECT_TRUE(std::filesystem::exists(data / "ended"));
    EXPECT_EQ(kill_processes_in(folder.path()), 0);
}

TEST_F(ClusterTest, leaves_nothing_running_when_its_start_is_cancelled) {
    for (const Duration moment : {0ms, 10ms, 100ms, 400ms, 900ms}) {
        std::string failure;
        std::unique_ptr<Cluster> cluster;
        Scope scope(loop.get_executor(), [&](const std::string&, const std::string& what) {
            failure = what;
        });
        auto start_into = [&](ClusterOptions with) -> Task<> {
            cluster = co_await Cluster::start(std::move(with), pool);
        };
        const std::string name = "at-" + to_text(moment);
        scope.spawn("start", start_into(without_template(name)));
        asio::steady_timer soon(loop, moment);
        soon.async_wait([&](boost::system::error_code) { scope.cancel(); });
        loop.restart();
        loop.run_for(moment);

        run_on(loop, scope.drained());
        if (cluster) run_on(loop, cluster->stop());

        EXPECT_EQ(failure, "") << name;
        EXPECT_EQ(incomplete_templates(), 0) << name;
        EXPECT_EQ(kill_processes_in(folder.path()), 0) << name;
    }

    const auto cluster = start(without_template("after-all-that"));
    EXPECT_EQ(ask(connect(*cluster), "SELECT 1"), "1");
    run_on(loop, cluster->stop());
}

}  // namespace
}  // namespace backupwatch
