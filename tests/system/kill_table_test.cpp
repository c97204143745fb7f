// Each process of a drill killed in each phase: that says nothing about the backup, leaves nothing
// behind, and the next drill is as good as ever. (Kill has what is killed in the middle of much.)
#include "support/processes.hpp"
#include "system/daemon.hpp"
#include "system/reseal.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

constexpr int unknown = 3;

pid_t server(const Site& site) {
    return await_process_in(site.work(), "/postgres -D");
}
/// What does the work in it. The server restarts none.
pid_t session(const Site& site) {
    return await_process_in(site.work(), " restored [local]");
}
/// Others in that database, createdb's, end at once.
pid_t session_of_roles(const Site& site) {
    for (;;) {
        const pid_t found = await_process_in(site.work(), " postgres [local]");
        if (!is_gone_within(found, std::chrono::seconds(3))) return found;
    }
}
pid_t keeper(const Site& site) {
    return parent_of(server(site));
}
pid_t pg_restore(const Site& site) {
    return await_process_in(site.work(), "/pg_restore ");
}
pid_t worker(const Site& site) {
    return await_worker_in(site.work(), "/pg_restore ");
}
pid_t psql(const Site& site) {
    return await_process_in(site.work(), "/psql ");
}
pid_t createdb(const Site& site) {
    return await_process_in(site.work(), "/createdb ");
}
pid_t initdb(const Site& site) {
    return await_process_in(site.work() / "templates", "/initdb ");
}
struct Row {
    const char* phase;
    const char* name;
    pid_t (*victim)(const Site&);
    std::string says;
};

const std::string server_ended = "the throw-away server ended";

/// As the owner of its table builds it, who may not look at files: it takes four seconds.
constexpr const char* index_of_four_seconds =
    "CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 40) AS i;"
    "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN "
    "IF current_database() = 'restored' THEN PERFORM pg_catalog.pg_sleep(0.1); END IF;"
    "RETURN $1; END $$;"
    "CREATE INDEX ON posts (slow(id))";

class KillTable : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const TestPostgres& source = TestPostgres::shared();
        gate_ = create_held(source, "held");
        ours_ = std::make_unique<Site>(source.url("held"));
        id_ = ours_->take_backup();
        with_slow_roles_ = ours_->take_backup();
        const fs::path slow_roles = ours_->dumps() / with_slow_roles_;
        std::ofstream(slow_roles / "globals.sql", std::ios::app) << "SELECT pg_sleep(90);\n";
        reseal_files(slow_roles);
        source.create_database("slow");
        source.execute("slow", index_of_four_seconds);
        theirs_ = std::make_unique<Site>(source.url("slow"));
        fs::create_directories(theirs_->dumps());
        fs::permissions(theirs_->dumps(), fs::perms::all);
        for (const auto& [name, form] : {std::pair("shop.dump", "-Fc"), {"shop.sql", "-Fp"}}) {
            const std::string file = "--file=" + (theirs_->dumps() / name).string();
            source.run("pg_dump", {form, file, "--dbname=slow"});
        }
        const std::string three_files = "PGHOST='" + source.socket_folder().string() +
                                        "' PGUSER=postgres PATH='" + source.bin().string() +
                                        "':$PATH " SOURCE_DIR
                                        "/tests/support/supabase_db_dump.sh slow '" +
                                        (theirs_->dumps() / "night").string() + "'";
        ASSERT_EQ(std::system(three_files.c_str()), 0);
        configure();
        await("their dumps to settle", [] { return theirs_->completed().size() == 3; });
    }
    static void TearDownTestSuite() {
        ours_.reset();
        theirs_.reset();
    }

    /// A restore waits for its gate; what verifies runs a query for as long as anybody lives.
    static void configure() {
        const std::string drill = "        drill: {verify: {queries: [\"SELECT pg_sleep(90)\"]}}\n";
        ours_->configure(drill);
        theirs_->configure_without_take("        settle: 1s\n" + drill);
    }
    static void open_gate(bool is_open) {
        if (is_open) {
            write_text(gate_, "");
        } else {
            fs::remove(gate_);
        }
    }

    static void await_phase(const Running& drill, const std::string& phase) {
        await("the phase " + phase, [&] {
            return drill.errors().find(phase) != std::string::npos;
        });
        // Until what is to be killed is in the midst of its work.
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }

    static void expect_unknown(const Site& site, const std::string& id, const Row& row) {
        SCOPED_TRACE(id + ", " + row.phase + ", " + row.name);
        open_gate(row.phase == std::string("verify"));
        if (row.phase == std::string("fetch")) fs::remove_all(site.work() / "templates");
        const auto drill = site.start({"drill", "shop", "--backup", id, "--json"});
        const bool is_awaited =
            row.phase == std::string("restore") || row.phase == std::string("verify");
        if (is_awaited) await_phase(*drill, row.phase);
        ASSERT_EQ(::kill(row.victim(site), SIGKILL), 0);

        await(
            "its end: " + id + ", " + row.phase + ", " + row.name,
            [&] { return drill->has_ended(); },
            std::chrono::seconds(30)
        );
        const Ran ran = drill->wait();

        EXPECT_EQ(ran.exit_code, unknown) << ran.out << ran.err;
        const auto report = ran.json();
        EXPECT_EQ(report.at("result").as_string(), "unknown");
        EXPECT_NE(ran.out.find(row.says), std::string::npos) << ran.out;
        EXPECT_EQ(site.left_behind(), Lines());
    }

    static void expect_gone_after_next_start(
        const Site& site, const std::string& id, const char* phase
    ) {
        SCOPED_TRACE(id + ", " + phase + ", the command itself");
        open_gate(phase == std::string("verify"));
        const bool is_fetch = phase == std::string("fetch");
        if (is_fetch) fs::remove_all(site.work() / "templates");
        const auto drill = site.start({"drill", "shop", "--backup", id, "--json"});
        if (!is_fetch && phase != std::string("start")) await_phase(*drill, phase);
        const pid_t left = is_fetch ? initdb(site) : server(site);
        drill->send(SIGKILL);
        EXPECT_EQ(drill->wait().exit_code, 128 + SIGKILL);
        // Its keeper does not wait for anybody to start again.
        EXPECT_TRUE(is_gone_within(left, std::chrono::seconds(5)));
        EXPECT_EQ(site.run({"list", "shop"}).exit_code, 0);
        EXPECT_EQ(site.left_behind(), Lines());
    }

    static void expect_passes(const Site& site, const std::string& id, const std::string& settle) {
        open_gate(true);
        if (settle.empty()) {
            site.configure("");
        } else {
            site.configure_without_take(settle + "        drill: {}\n");
        }
        const Ran next = site.drill(id);
        EXPECT_EQ(next.exit_code, 0) << next.out << next.err;
        EXPECT_EQ(site.left_behind(), Lines());
    }

    static inline fs::path gate_;
    static inline std::unique_ptr<Site> ours_;
    static inline std::unique_ptr<Site> theirs_;
    static inline std::string id_;
    /// Its globals.sql takes longer than anybody waits here.
    static inline std::string with_slow_roles_;
};

TEST_F(KillTable, of_a_drill_of_our_own_dump) {
    configure();
    const Row rows[] = {
        {"fetch", "initdb", initdb, "cannot "},
        {"start", "server", server, "PostgreSQL"},
        {"start", "keeper", keeper, "PostgreSQL"},
        {"restore", "pg_restore", pg_restore, "pg_restore failed"},
        {"restore", "worker of pg_restore", worker, "pg_restore failed"},
        {"restore", "server", server, server_ended},
        {"restore", "session", session, server_ended},
        {"restore", "keeper", keeper, server_ended},
        {"verify", "server", server, server_ended},
        {"verify", "session", session, server_ended},
        {"verify", "keeper", keeper, server_ended},
    };
    for (const Row& row : rows) expect_unknown(*ours_, id_, row);
    const Row of_roles{"restore", "session of globals.sql", session_of_roles, server_ended};
    expect_unknown(*ours_, with_slow_roles_, of_roles);
    for (const char* phase : {"fetch", "start", "restore", "verify"}) {
        expect_gone_after_next_start(*ours_, id_, phase);
    }
    expect_passes(*ours_, id_, "");
}

/// It lives for a moment: strace holds it where it has just begun. LeakSanitizer looks at nothing
/// that is traced.
TEST_F(KillTable, of_createdb_in_a_drill_of_our_own_dump) {
    configure();
    const std::string program = (TestPostgres::shared().bin() / "createdb").string();
    const auto drill = ours_->start_under(
        {"strace",
         "-f",
         "--seccomp-bpf",
         "-E",
         "ASAN_OPTIONS=exitcode=99:detect_leaks=0",
         "-o",
         "/dev/null",
         "-P",
         program,
         "-e",
         "trace=execve",
         "-e",
         "inject=execve:delay_exit=10000000"},
        {"drill", "shop", "--backup", id_, "--json"}
    );
    ASSERT_EQ(::kill(createdb(*ours_), SIGKILL), 0);
    const Ran ran = drill->wait();
    EXPECT_EQ(ran.exit_code, unknown) << ran.out << ran.err;
    EXPECT_EQ(ran.json().at("result").as_string(), "unknown");
    EXPECT_NE(ran.out.find("createdb failed"), std::string::npos) << ran.out;
    EXPECT_EQ(ours_->left_behind(), Lines());
    expect_passes(*ours_, id_, "");
}

TEST_F(KillTable, of_a_drill_of_a_foreign_archive) {
    configure();
    const Row rows[] = {
        {"fetch", "initdb", initdb, "cannot "},
        {"start", "server", server, "PostgreSQL"},
        {"start", "keeper", keeper, "PostgreSQL"},
        {"restore", "pg_restore", pg_restore, "pg_restore failed"},
        {"restore", "worker of pg_restore", worker, "pg_restore failed"},
        {"restore", "server", server, server_ended},
        {"restore", "session", session, server_ended},
        {"restore", "keeper", keeper, server_ended},
        {"verify", "server", server, server_ended},
        {"verify", "session", session, server_ended},
        {"verify", "keeper", keeper, server_ended},
    };
    for (const Row& row : rows) expect_unknown(*theirs_, "shop.dump", row);
    expect_gone_after_next_start(*theirs_, "shop.dump", "restore");
    expect_passes(*theirs_, "shop.dump", "        settle: 1s\n");
}

TEST_F(KillTable, of_a_drill_of_a_foreign_plain_file) {
    configure();
    const Row rows[] = {
        {"fetch", "initdb", initdb, "cannot "},
        {"start", "server", server, "PostgreSQL"},
        {"start", "keeper", keeper, "PostgreSQL"},
        {"restore", "psql", psql, "psql failed"},
        {"restore", "server", server, server_ended},
        {"restore", "session", session, server_ended},
        {"restore", "keeper", keeper, server_ended},
        {"verify", "server", server, server_ended},
        {"verify", "session", session, server_ended},
        {"verify", "keeper", keeper, server_ended},
    };
    for (const Row& row : rows) expect_unknown(*theirs_, "shop.sql", row);
    expect_gone_after_next_start(*theirs_, "shop.sql", "restore");
    expect_gone_after_next_start(*theirs_, "shop.sql", "verify");
    expect_passes(*theirs_, "shop.sql", "        settle: 1s\n");
}

/// The three of them are a folder; their index is built as rows come.
TEST_F(KillTable, of_a_drill_of_the_three_files_of_supabase) {
    configure();
    const Row rows[] = {
        {"fetch", "initdb", initdb, "cannot "},
        {"start", "server", server, "PostgreSQL"},
        {"start", "keeper", keeper, "PostgreSQL"},
        {"restore", "psql", psql, "psql failed"},
        {"restore", "server", server, server_ended},
        {"restore", "session", session, server_ended},
        {"restore", "keeper", keeper, server_ended},
        {"verify", "server", server, server_ended},
        {"verify", "session", session, server_ended},
        {"verify", "keeper", keeper, server_ended},
    };
    for (const Row& row : rows) expect_unknown(*theirs_, "night", row);
    expect_gone_after_next_start(*theirs_, "night", "restore");
    expect_passes(*theirs_, "night", "        settle: 1s\n");
}

TEST_F(KillTable, of_the_daemon_in_a_drill_of_a_foreign_dump) {
    configure();
    for (const std::string phase : {"start", "restore", "verify"}) {
        SCOPED_TRACE(phase);
        {
            Daemon daemon(*theirs_);
            const auto drill = theirs_->start({"drill", "shop", "--backup", "shop.sql", "--json"});
            if (phase != "start") await_phase(*drill, phase);
            const pid_t left = phase == "start" ? server(*theirs_) : session(*theirs_);
            daemon.kill();
            EXPECT_EQ(drill->wait().exit_code, 2);
            EXPECT_TRUE(is_gone_within(left, std::chrono::seconds(5)));
        }
        Daemon next(*theirs_);
        await("nothing is left", [] { return theirs_->left_behind() == Lines(); });
        EXPECT_EQ(next.stop().exit_code, 0);
    }
    expect_passes(*theirs_, "shop.sql", "        settle: 1s\n");
}

}  // namespace
}  // namespace backupwatch
