// A backup that lies open for a person: psql in it, a table copied out of it, and nothing left.
#include "process/process_table.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> nothing_left;

/// Rows alone, whatever their number.
constexpr const char* bare = "\\pset tuples_only on\n\\pset format unaligned\n";
constexpr const char* stay = "\\! echo arrived >&2\nSELECT pg_sleep(600);\n";

/// The programs that a person was given: of a restore, none has a prompt.
std::vector<pid_t> sessions_in(const Site& site) {
    std::vector<pid_t> found;
    for (const pid_t pid : all_processes()) {
        const std::string line = read_text("/proc/" + std::to_string(pid) + "/cmdline");
        const bool is_of_site = line.find(site.work().string()) != std::string::npos;
        if (is_of_site && line.find("PROMPT1") != std::string::npos) found.push_back(pid);
    }
    return found;
}

/// The exit code of a command of the shell.
int shell(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class Open : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const TestPostgres& server = TestPostgres::shared();
        server.create_database("shop");
        server.execute(
            "shop",
            "CREATE TABLE posts (id integer PRIMARY KEY, title text DEFAULT 'x');"
            "INSERT INTO posts SELECT i, 'title ' || i FROM generate_series(1, 99) AS i;"
            "CREATE SCHEMA app; CREATE TABLE app.\"Odd.Name\" AS SELECT 1 AS one;"
            "CREATE VIEW newest AS SELECT max(id) FROM posts;"
            "CREATE TABLE days (day date) PARTITION BY RANGE (day);"
            "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO "
            "('2026-02-01');"
            "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO "
            "('2026-03-01');"
            "INSERT INTO days VALUES ('2026-01-05'), ('2026-02-05'), ('2026-02-06')"
        );
        origin_ = std::make_unique<Site>(server.url("shop"));
        id_ = origin_->take_backup();
        server.execute("shop", "DELETE FROM posts WHERE id > 10");
    }
    static void TearDownTestSuite() { origin_.reset(); }

    Open() : site_(TestPostgres::shared().url("shop")) {
        fs::copy(origin_->dumps(), site_.dumps(), fs::copy_options::recursive);
    }
    void TearDown() override { await_nothing(); }

    /// The client of a daemon does not wait until that has cleared up.
    void await_nothing() const {
        await("nothing to be left", [this] {
            return site_.left_behind() == nothing_left && sessions_in(site_).empty();
        });
    }

    Ran open(std::vector<std::string> arguments, const std::string& input = "") const {
        arguments.insert(arguments.begin(), {"open", "shop"});
        return site_.start_with_input(std::move(arguments), input)->wait();
    }

    /// Open, until somebody ends it.
    std::unique_ptr<Running> stay_open(std::vector<std::string> arguments = {}) const {
        arguments.insert(arguments.begin(), {"open", "shop"});
        auto opened = site_.start_with_input(std::move(arguments), stay);
        await("psql", [&] {
            if (opened->has_ended()) throw std::runtime_error("it ended: " + opened->errors());
            return opened->errors().find("\narrived\n") != std::string::npos;
        });
        return opened;
    }

    /// What went wrong, or nothing.
    std::string at_a_terminal(const std::string& what, const std::string& options) const {
        const fs::path said = site_.state().parent_path() / "said";
        const int code = shell(
            std::string("python3 -B ") + SOURCE_DIR + "/tests/tools/at_a_terminal.py " + what +
            " " + PROGRAM + " --config " + site_.config().string() + " open shop" + options +
            " > " + said.string() + " 2>&1"
        );
        return code == 0 ? "" : "exit code " + std::to_string(code) + ": " + read_text(said);
    }

    static inline std::unique_ptr<Site> origin_;
    static inline std::string id_;
    Site site_;
};

TEST_F(Open, gives_a_psql_that_reads_the_rows_of_the_backup_and_not_of_today) {
    const std::string question =
        bare + std::string("SELECT count(*) || ' rows, ' || session_user FROM posts;\nSELECT 1/0;");
    const auto expect_rows = [&] {
        const Ran ran = open({}, question);
        EXPECT_EQ(ran.exit_code, 0) << "whatever a statement said, it was left: " << ran.err;
        EXPECT_NE(ran.out.find("99 rows, backupwatch_drill\n"), std::string::npos) << ran.out;
        EXPECT_NE(ran.err.find("shop/nightly " + id_ + ", as it was at "), std::string::npos);
        EXPECT_NE(ran.err.find("division by zero"), std::string::npos) << ran.err;
        return ran.err;
    };
    EXPECT_NE(expect_rows().find("no drill has proven it yet"), std::string::npos);
    EXPECT_EQ(site_.left_behind(), nothing_left) << "without a daemon it is gone when it returns";

    EXPECT_EQ(site_.drill(id_).exit_code, 0);
    Daemon daemon(site_);
    EXPECT_NE(expect_rows().find("its drill passed at "), std::string::npos);
    await_nothing();
    EXPECT_NE(daemon.log().find("a backup is opened database=shop"), std::string::npos);
    await("the log", [&] { return daemon.log().find("why=left") != std::string::npos; });
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Open, of_a_script_that_is_to_stop_at_an_error_fails_with_it) {
    const Ran ran = open({}, "\\set ON_ERROR_STOP on\nSELECT 1/0;\nSELECT 'further';\n");
    EXPECT_EQ(ran.exit_code, 2) << ran.err;
    EXPECT_EQ(ran.out.find("further"), std::string::npos) << ran.out;
}

TEST_F(Open, exports_a_table_that_loads_into_another_database) {
    const TestPostgres& server = TestPostgres::shared();
    server.create_database("found_again");
    server.execute("found_again", "CREATE SCHEMA app");
    const fs::path file = server.socket_folder() / "exported.sql";
    for (const char* table : {"posts", "app.\"Odd.Name\"", "days"}) {
        const Ran ran = open({"--export", table});
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        write_text(file, ran.out);
        server.run(
            "psql", {"-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", "found_again", "-f", file}
        );
    }
    EXPECT_EQ(
        server.value("found_again", "SELECT sum(id) || max(title) FROM posts"), "4950title 99"
    );
    EXPECT_EQ(server.value("found_again", "SELECT one FROM app.\"Odd.Name\""), "1");
    EXPECT_EQ(server.value("found_again", "SELECT count(*) FROM days"), "3") << "its partitions";
    EXPECT_EQ(
        server.value(
            "found_again",
            "SELECT count(*) FROM pg_index WHERE indisprimary AND "
            "indrelid = 'posts'::regclass"
        ),
        "1"
    );
}

TEST_F(Open, says_which_table_was_meant_where_there_is_none) {
    const std::pair<const char*, const char*> table[] = {
        {"post", "did you mean public.posts?"},
        {"public.postss", "did you mean public.posts?"},
        {"odd.name", "did you mean app.\"Odd.Name\"?"},
        {"app.Odd", "\\dt"},
        {"\"Posts\"", "did you mean public.posts?"},  // only the server knows that it is another
        {"newest", "it is a view"},
        {"posts; DROP TABLE posts", "no table posts; DROP TABLE posts"},
    };
    for (const auto& [name, words] : table) {
        const Ran ran = open({"--export", name});
        EXPECT_EQ(ran.exit_code, 2) << name << ran.err;
        EXPECT_EQ(ran.out, "") << name;
        EXPECT_NE(ran.err.find(words), std::string::npos) << name << ": " << ran.err;
    }
}

TEST_F(Open, takes_the_newest_backup_from_before_a_moment) {
    const std::string second = site_.take_backup();
    const auto list = site_.run({"list", "shop", "--json"}).json();
    const auto moment_of = [&](std::size_t i) {
        return std::string(list.at("backups").at(i).at("started_at").as_string());
    };
    const auto rows = [&](const std::vector<std::string>& arguments) {
        return open(arguments, bare + std::string("SELECT count(*) FROM posts"));
    };
    EXPECT_NE(rows({}).out.find("\n10\n"), std::string::npos);
    EXPECT_NE(rows({"--before", moment_of(1)}).out.find("\n99\n"), std::string::npos);
    EXPECT_NE(rows({"--backup", id_}).out.find("\n99\n"), std::string::npos);

    const Ran none = rows({"--before", moment_of(0)});
    EXPECT_EQ(none.exit_code, 3);
    EXPECT_NE(none.err.find("the oldest is " + id_ + ", of " + moment_of(0)), std::string::npos)
        << none.err;
    EXPECT_EQ(rows({"--backup", "20200101T000000Z"}).exit_code, 3);
    for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
             {"--before", "2026-11-22", "--backup", id_},
             {"--before", "last night"},
             {"--for", "25h"},
             {"--for", "0s"}}) {
        EXPECT_EQ(rows(wrong).exit_code, 64) << wrong.front() << wrong.back();
    }
}

TEST_F(Open, is_over_when_its_time_is) {
    for (const bool with_daemon : {false, true}) {
        std::unique_ptr<Daemon> daemon;
        if (with_daemon) daemon = std::make_unique<Daemon>(site_);
        const auto opened = stay_open({"--for", "2s"});
        const Ran ran = opened->wait(std::chrono::seconds(20));
        EXPECT_EQ(ran.exit_code, 2) << "what was under way is cut";
        EXPECT_NE(ran.err.find("its time is over"), std::string::npos) << ran.err;
        await_nothing();
    }
}

TEST_F(Open, is_gone_with_the_daemon_and_psql_with_it) {
    for (const bool is_killed : {false, true}) {
        Daemon daemon(site_);
        const auto opened = stay_open();
        if (is_killed) {
            daemon.kill();
        } else {
            EXPECT_EQ(daemon.stop().exit_code, 0);
        }
        const Ran ran = opened->wait(std::chrono::seconds(20));
        EXPECT_EQ(ran.exit_code, 2) << ran.err;
        EXPECT_TRUE(sessions_in(site_).empty());
        // What was killed cannot clear up: the next start does.
        if (is_killed) Daemon(site_).stop();
        await_nothing();
    }
}

TEST_F(Open, is_over_when_its_server_or_what_keeps_that_is_killed) {
    for (const bool with_daemon : {false, true}) {
        std::unique_ptr<Daemon> daemon;
        if (with_daemon) daemon = std::make_unique<Daemon>(site_);
        for (const bool is_keeper : {false, true}) {
            const auto opened = stay_open();
            const pid_t server = await_process_in(site_.work(), "/postgres -D");
            ASSERT_EQ(::kill(is_keeper ? parent_of(server) : server, SIGKILL), 0);

            const Ran ran = opened->wait(std::chrono::seconds(20));
            EXPECT_EQ(ran.exit_code, 3) << ran.err;
            EXPECT_NE(ran.err.find("the throw-away server ended"), std::string::npos) << ran.err;
            await_nothing();
        }
        if (!daemon) continue;
        EXPECT_EQ(daemon->stop().exit_code, 0);
    }
    EXPECT_EQ(site_.run({"list", "shop"}).exit_code, 0);
}

TEST_F(Open, is_gone_with_its_client) {
    for (const int signal : {SIGKILL, SIGTERM, SIGHUP}) {
        Daemon daemon(site_);
        const auto opened = stay_open();
        opened->send(signal);
        EXPECT_NE(opened->wait().exit_code, 0);
        await_nothing();
        EXPECT_EQ(daemon.stop().exit_code, 0);
    }
    // Without a daemon it clears up itself, also when its terminal is closed.
    for (const int signal : {SIGTERM, SIGHUP}) {
        const auto opened = stay_open();
        opened->send(signal);
        EXPECT_EQ(opened->wait().exit_code, 3);
        EXPECT_EQ(site_.left_behind(), nothing_left);
    }
    // Killed, its server ends with it; the folder is for the next start.
    const auto opened = stay_open();
    opened->send(SIGKILL);
    opened->wait();
    await("its processes to end", [&] {
        return processes_in(site_.work(), "").empty() && sessions_in(site_).empty();
    });
    EXPECT_EQ(site_.completed(), std::vector{id_});
    EXPECT_EQ(site_.left_behind(), nothing_left);
}

TEST_F(Open, keeps_no_drill_from_running_and_crowds_none_out) {
    Daemon daemon(site_);
    std::vector<std::unique_ptr<Running>> opened;
    for (int i = 0; i < 4; ++i) opened.push_back(stay_open());
    EXPECT_EQ(site_.drill(id_).exit_code, 0) << "concurrency.drills is 1";
    const Ran one_more = open({});
    EXPECT_EQ(one_more.exit_code, 3) << one_more.err;
    EXPECT_NE(one_more.err.find("4 backups lie open already"), std::string::npos) << one_more.err;
    opened.back()->send(SIGTERM);
    opened.back()->wait();
    await("a place", [&] { return open({}, "SELECT 1;").exit_code == 0; });
    EXPECT_EQ(site_.run({"incidents", "--json"}).json().at("incidents").as_array().size(), 0U);
    for (const auto& one : opened) one->send(SIGTERM);
    for (const auto& one : opened) one->wait();
    await_nothing();
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Open, sends_no_psql_elsewhere_whatever_the_environment_says) {
    ::setenv("PGHOST", "/nowhere", 1);
    ::setenv("PGOPTIONS", "-c search_path=nowhere", 1);
    ::setenv("PGDATABASE", "nowhere", 1);
    const Ran ran = open({}, bare + std::string("SELECT count(*) FROM posts"));
    for (const char* name : {"PGHOST", "PGOPTIONS", "PGDATABASE"}) ::unsetenv(name);
    EXPECT_NE(ran.out.find("\n99\n"), std::string::npos) << ran.out << ran.err;
}

TEST_F(Open, of_another_tools_dump_tells_what_did_not_come_back) {
    const TestPostgres& server = TestPostgres::shared();
    const Site foreign(server.url("shop"));
    fs::create_directories(foreign.dumps());
    foreign.configure_without_take("        settle: 1s\n");
    const fs::path file = server.socket_folder() / "monday.sql";
    server.run("pg_dump", {"-Fp", "--file=" + file.string(), "--dbname=shop"});
    std::string text = read_text(file);
    const auto end = text.find("--\n-- PostgreSQL database dump complete");
    ASSERT_NE(end, std::string::npos);
    text.insert(end, "INSERT INTO public.lost VALUES (1);\n\n");
    write_text(foreign.dumps() / "monday.sql", text);
    await("the dump to settle", [&] { return foreign.completed().size() == 1; });

    const Ran ran =
        foreign.start_with_input({"open", "shop"}, bare + std::string("TABLE days;"))->wait();
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_NE(ran.out.find("2026-02-05\n"), std::string::npos) << ran.out;
    EXPECT_NE(ran.err.find("restored with 1 error"), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("public.lost"), std::string::npos) << ran.err;

    const Ran exported = foreign.start_with_input({"open", "shop", "--export", "days"}, "")->wait();
    EXPECT_EQ(exported.exit_code, 2) << "a table may lack rows: " << exported.err;
    EXPECT_NE(exported.out.find("2026-02-05"), std::string::npos) << exported.out;
    EXPECT_NE(exported.err.find("restored with 1 error"), std::string::npos) << exported.err;
    EXPECT_EQ(foreign.left_behind(), nothing_left);
}

TEST_F(Open, lets_in_who_may_ask_the_daemon_and_nobody_else) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    Daemon daemon(site_);
    constexpr uid_t member = 61234;
    const std::string as_member = "setpriv --reuid=61234 --regid=61234 --clear-groups ";
    const std::string as_other = "setpriv --reuid=61235 --regid=61235 --clear-groups ";
    const fs::path folder = site_.state().parent_path();
    const fs::path input = folder / "question";
    const std::string ask = std::string(PROGRAM) + " --socket " + site_.control_socket().string() +
                            " open shop < " + input.string() + " > " +
                            (folder / "answer").string() + " 2>&1";
    write_text(input, bare + std::string("SELECT 'rows ' || count(*) FROM posts;\n") + stay);
    EXPECT_EQ(shell(as_other + ask), 3) << "who may not use the socket";

    ASSERT_EQ(::chown(site_.control_socket().c_str(), 0, member), 0);
    EXPECT_EQ(shell(as_member + ask + " &"), 0);
    bool has_no_lists = false;
    await("rows", [&] {
        const std::string answer = read_text(folder / "answer");
        has_no_lists = answer.find("you may not enter") != std::string::npos;
        return has_no_lists || answer.find("arrived") != std::string::npos;
    });
    if (has_no_lists) GTEST_SKIP() << "the file system of work_dir has no access lists";
    EXPECT_NE(read_text(folder / "answer").find("rows 99"), std::string::npos);
    const auto sessions = sessions_in(site_);
    ASSERT_EQ(sessions.size(), 1U);
    std::string line = read_text("/proc/" + std::to_string(sessions.front()) + "/cmdline");
    const auto host = line.find("host=");
    ASSERT_NE(host, std::string::npos);
    const std::string conninfo = line.c_str() + host;
    const std::string again = (TestPostgres::shared().bin() / "psql").string() + " -X -d '" +
                              conninfo + "' -c 'SELECT 1' > /dev/null 2>&1";
    EXPECT_EQ(shell(as_member + again), 0);
    EXPECT_EQ(shell(as_other + again), 2) << "another user got in";
    ::kill(sessions.front(), SIGTERM);
    await_nothing();
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Open, leaves_ctrl_c_on_a_terminal_to_psql) {
    EXPECT_EQ(at_a_terminal("interrupt", ""), "");
}

TEST_F(Open, gives_the_terminal_back_as_it_was_when_psql_is_ended) {
    EXPECT_EQ(at_a_terminal("outlast", " --for 3s"), "");
}

}  // namespace
}  // namespace backupwatch
