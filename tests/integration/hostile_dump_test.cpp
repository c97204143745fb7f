// Nothing that it runs gets out of the sandbox.
#include "hostile_dump_fixture.hpp"
#include "postgres/drill_fence.hpp"
#include "process/fence.hpp"
#include "store/store.hpp"
#include "support/unix_listener.hpp"

#include <sys/resource.h>

#include <map>
#include <sstream>

namespace backupwatch {
namespace {

/// What a program of the dump tries, started by COPY … TO PROGRAM. It runs in the data folder.
constexpr const char* hostile_program = R"(
import os, signal, socket
def attempt(name, work):
    try: print(f"{name}: done {work()!r}")
    except Exception as error: print(f"{name}: {error}")
def call(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as caller: caller.connect(address)
attempt("program to the network", lambda: call(socket.AF_INET, ("127.0.0.1", @listener@)))
attempt("program to a socket", lambda: call(socket.AF_UNIX, "@socket@/.s.PGSQL.@port@"))
attempt("program reads a file", lambda: open("@secret@").read())
attempt("program reads the state", lambda: open("@state@/state.db", "rb").read())
attempt("program writes the state", lambda: open("@state@/state.db", "r+b"))
attempt("program lists another dump", lambda: os.listdir("@neighbour@"))
attempt("program reads another dump", lambda: open("@neighbour@/toc.dat", "rb").read())
attempt("program writes another dump", lambda: open("@neighbour@/toc.dat", "r+b"))
attempt("program reads the environment", lambda: open("/proc/@pid@/environ").read())
attempt("program lists drills", lambda: os.listdir("@work@"))
attempt("program writes", lambda: open("@folder@/planted", "w"))
attempt("program kills the daemon", lambda: os.kill(@pid@, signal.SIGKILL))
attempt("program kills the source", lambda: os.kill(@server@, signal.SIGKILL))
)";

constexpr const char* every_way_out = R"(
    PERFORM public.attempt(who, 'SELECT 1');
    PERFORM public.attempt('dblink to a socket', $s$SELECT public.dblink_exec(
        'host=@socket@ port=@port@ user=postgres dbname=shop', 'CREATE TABLE broken_in ()')$s$);
    PERFORM public.attempt('dblink to the network', $s$SELECT public.dblink_connect(
        'host=127.0.0.1 port=@listener@ user=postgres connect_timeout=5')$s$);
    PERFORM public.attempt('foreign table', 'SELECT * FROM public.stolen');
    PERFORM public.attempt('subscription', $s$CREATE SUBSCRIPTION s CONNECTION
        'host=127.0.0.1 port=@listener@ connect_timeout=5' PUBLICATION p
        WITH (create_slot = false)$s$);
    PERFORM public.attempt('function in C', $s$CREATE FUNCTION public.native(text) RETURNS text
        LANGUAGE c AS '@library@', 'dblink_connect'$s$);
    PERFORM public.attempt('function of libc', $s$CREATE FUNCTION public.system(cstring) RETURNS int
        LANGUAGE c AS '@libc@', 'system'$s$);
    PERFORM public.attempt('read a file', $s$SELECT pg_read_file('@secret@')$s$);
    PERFORM public.attempt('copy a file', $s$COPY public.posts FROM '@secret@'$s$);
    PERFORM public.attempt('read the state',
        $s$SELECT pg_read_binary_file('@state@/state.db')$s$);
    PERFORM public.attempt('list another dump', $s$SELECT pg_ls_dir('@neighbour@')$s$);
    PERFORM public.attempt('read another dump',
        $s$SELECT pg_read_binary_file('@neighbour@/toc.dat')$s$);
    PERFORM public.attempt('write another dump', $s$COPY public.posts TO '@neighbour@/toc.dat'$s$);
    PERFORM public.attempt('read the environment', $s$SELECT pg_read_file('/proc/@pid@/environ')$s$);
    PERFORM public.attempt('list drills', $s$SELECT pg_ls_dir('@work@')$s$);
    PERFORM public.attempt('write a file', $s$COPY public.posts TO '@folder@/planted'$s$);
    PERFORM public.attempt('program', $s$COPY (SELECT 1) TO PROGRAM
        $p$python3 -I - >> loot 2>&1 <<'END'
@program@
END$p$ $s$);
)";

/// What came of each attempt; of several by that name, all say the same.
std::map<std::string, std::string> outcomes_in(const std::string& loot) {
    std::map<std::string, std::string> found;
    std::istringstream lines(loot);
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(": ");
        const std::string name = line.substr(0, colon);
        const std::string outcome = colon == line.npos ? "" : line.substr(colon + 2);
        const auto [known, is_new] = found.emplace(name, outcome);
        EXPECT_EQ(known->second, outcome) << name;
    }
    return found;
}

TEST_F(HostileDump, that_tries_every_way_out_finds_none_and_restores) {
    if (!sandbox_gaps().empty()) GTEST_SKIP() << sandbox_gaps().front();
    // Both are open to every user: nothing but the fence is between them and whoever asks.
    run_on(loop_, Store::open(state_, clock_->now()));
    server_.execute("postgres", "CREATE TABLE IF NOT EXISTS orders AS SELECT 1 AS id");
    ::chmod(directory_.path().c_str(), 0777);
    server_.run("pg_dump", {"-Fd", "--file=" + neighbour_.string(), "--dbname=postgres"});
    for (const fs::path& folder : {state_, neighbour_}) {
        ::chmod(folder.c_str(), 0777);
        for (const auto& file : fs::directory_iterator(folder)) {
            ::chmod(file.path().c_str(), 0666);
        }
    }
    const auto bytes = [](const fs::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    const std::string state = bytes(state_ / "state.db");
    const std::string neighbour = bytes(neighbour_ / "toc.dat");
    ASSERT_TRUE(state.starts_with("SQLite format 3") && neighbour.starts_with("PGDMP"));
    std::string attack = every_way_out;
    replace_all(attack, "program", hostile_program);
    prepare(attack);

    const DrillReport report = drill();

    EXPECT_EQ(bytes(state_ / "state.db"), state);
    EXPECT_EQ(bytes(neighbour_ / "toc.dat"), neighbour);
    EXPECT_EQ(report.result, DrillOutcome::Result::passed);
    EXPECT_EQ(report.verification.errors, std::vector<std::string>());
    for (const auto& skipped : report.verification.skipped) EXPECT_NE(skipped.what, "sandbox");
    auto found = outcomes_in(loot_);
    const std::pair<const char*, const char*> expected[] = {
        // All three of them ran it.
        {"index1", "done"},
        {"view", "done"},
        {"event trigger", "done"},
        {"dblink to a socket", "could not establish connection"},
        {"dblink to the network", "could not establish connection"},
        {"foreign table", "could not connect to server \"elsewhere\""},
        {"subscription", "Operation not permitted"},
        {"function in C", "Permission denied"},
        {"function of libc", "incompatible library"},
        {"read a file", "Permission denied"},
        {"copy a file", "Permission denied"},
        {"read the state", "Permission denied"},
        {"list another dump", "Permission denied"},
        {"read another dump", "Permission denied"},
        {"write another dump", "Permission denied"},
        {"read the environment", "Permission denied"},
        {"list drills", "Permission denied"},
        {"write a file", "Permission denied"},
        {"program", "done"},
        {"program to the network", "Operation not permitted"},
        {"program to a socket", "Operation not permitted"},
        {"program reads a file", "Permission denied"},
        {"program reads the state", "Permission denied"},
        {"program writes the state", "Permission denied"},
        {"program lists another dump", "Permission denied"},
        {"program reads another dump", "Permission denied"},
        {"program writes another dump", "Permission denied"},
        {"program reads the environment", "Permission denied"},
        {"program lists drills", "Permission denied"},
        {"program writes", "Permission denied"},
        {"program kills the daemon", "Operation not permitted"},
        {"program kills the source", "Operation not permitted"},
    };
    for (const auto& [name, outcome] : expected) {
        EXPECT_NE(found[name].find(outcome), std::string::npos) << name << ": " << found[name];
        found.erase(name);
    }
    EXPECT_TRUE(found.empty()) << found.begin()->first << ": " << found.begin()->second;
    expect_unharmed(work_);
}

TEST_F(HostileDump, that_gives_our_process_for_its_own_does_not_have_us_wait_behind_others) {
    // What reads the tables back asks its session which process it is, to make that one nicer.
    prepare(
        "SET allow_system_table_mods = on; CREATE OR REPLACE FUNCTION pg_catalog.pg_backend_pid() "
        "RETURNS int LANGUAGE sql AS 'SELECT @pid@';"
    );
    server_.execute(
        "shop", "DROP INDEX posts_harmless_idx; DROP MATERIALIZED VIEW summary CASCADE"
    );
    server_.execute("shop", "ALTER TABLE posts ADD CHECK (public.harmless('check') = 1)");
    const int nice = ::getpriority(PRIO_PROCESS, 0);

    const DrillReport report = drill();

    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), nice);
    EXPECT_EQ(report.result, DrillOutcome::Result::passed);
    EXPECT_EQ(report.verification.errors, std::vector<std::string>());
    expect_unharmed(work_);
}

TEST_F(HostileDump, whose_roles_are_commands_of_psql_starts_nothing_by_them) {
    server_.execute("shop", "CREATE TABLE posts AS SELECT 1 AS id");
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    const Sandbox where = sandbox();
    const fs::path sockets = directory_ / "sockets";
    const UnixListener other_server(sockets);
    run_on(loop_, source->fetch(backup.id, where, {}));
    const std::string roles = read_file(where.folder / "globals.sql", 1 << 20);
    for (const std::string& command :
         {std::string("\\! kill -9 $PPID"),
          "\\o " + secret_.string() + "\nSELECT 1;",
          "\\connect \"host=" + sockets.string() + " user=postgres\""}) {
        std::ofstream(where.folder / "globals.sql") << roles << command << "\n";
        try {
            run_on(loop_, source->restore(manifest, where, [](auto&) {}, {}));
            ADD_FAILURE() << command;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::corrupt) << failure.what();
            EXPECT_NE(std::string(failure.what()).find("a command for psql"), std::string::npos);
        }
        server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
    }
    EXPECT_FALSE(other_server.was_called());
    EXPECT_EQ(fs::file_size(secret_), 5u);
}

}  // namespace
}  // namespace backupwatch
