// A file that another tool left, and that somebody wrote more into.
#include "foreign_drill_fixture.hpp"
#include "postgres/drill_fence.hpp"
#include "process/process_table.hpp"
#include "support/tcp_listener.hpp"
#include "support/unix_listener.hpp"

#include <fstream>

namespace backupwatch {
namespace {

class HostileFile : public ForeignDrill {
  protected:
    HostileFile() {
        std::ofstream(secret_) << "4711\n";
        ::chmod(secret_.c_str(), 0666);
        fs::copy_file("/usr/lib/postgresql/15/lib/dblink.so", library_);
        ::chmod(library_.c_str(), 0755);
        fill("CREATE TABLE posts AS SELECT generate_series(1, 50) AS id");
        whole_ = text_of(dump("whole.sql", {}));
        fs::remove(folder_ / "whole.sql");
    }

    static std::string text_of(const fs::path& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::string with_places(std::string sql) const {
        const std::pair<const char*, std::string> places[] = {
            {"@secret@", secret_},
            {"@library@", library_},
            {"@planted@", planted_},
            {"@listener@", std::to_string(listener_.port())},
            {"@server@", "host=" + sockets_.string() + " user=postgres connect_timeout=2"},
            {"@us@", std::to_string(::getpid())},
        };
        for (const auto& [mark, place] : places) {
            for (auto at = sql.find(mark); at != sql.npos; at = sql.find(mark)) {
                sql.replace(at, std::string_view(mark).size(), place);
            }
        }
        return sql;
    }

    /// The dump with that at its end, before the line by which it is known to be whole.
    void write(const std::string& name, const std::string& sql) {
        std::string text = whole_;
        text.insert(text.rfind("--\n-- PostgreSQL database dump complete"), sql + "\n");
        std::ofstream(folder_ / name) << text;
    }

    void expect_unharmed() const {
        EXPECT_TRUE(processes_in(directory_ / "work").empty());
        EXPECT_FALSE(listener_.was_called());
        EXPECT_FALSE(other_server_.was_called());
        EXPECT_FALSE(fs::exists(planted_));
        EXPECT_EQ(text_of(secret_), "4711\n");
        EXPECT_EQ(server_.value("shop", "SELECT count(*) FROM posts"), "50");
    }

    const fs::path secret_ = directory_ / "secret";
    const fs::path library_ = directory_ / "hostile.so";
    const fs::path planted_ = directory_ / "planted";
    const fs::path sockets_ = directory_ / "sockets";
    TcpListener listener_;
    UnixListener other_server_{sockets_};
    std::string whole_;
};

// What is refused is an error of the restore, which no file that pg_dump wrote has.
TEST_F(HostileFile, ends_as_a_finding_where_what_it_tries_is_refused) {
    if (!sandbox_gaps().empty()) GTEST_SKIP() << sandbox_gaps().front();
    struct Attack {
        const char* what;
        const char* sql;
        DrillOutcome::Result result;
        const char* error;
    };
    const Attack attacks[] = {
        {"a program that writes",
         "DO $$ BEGIN COPY (SELECT 1) TO PROGRAM 'echo > @planted@'; END $$;",
         DrillOutcome::Result::failed,
         "program \"echo > "},
        {"a program that ends us",
         "DO $$ BEGIN COPY (SELECT 1) TO PROGRAM 'kill -9 @us@'; END $$;",
         DrillOutcome::Result::failed,
         "program \"kill -9 "},
        {"a file of ours",
         "CREATE TABLE public.loot (t text); DO $$ BEGIN COPY public.loot FROM '@secret@'; END $$;",
         DrillOutcome::Result::failed,
         "Permission denied"},
        {"a file of ours, read",
         "SELECT pg_catalog.pg_read_file('@secret@');",
         DrillOutcome::Result::failed,
         "Permission denied"},
        {"the network",
         "CREATE EXTENSION dblink SCHEMA public; SELECT public.dblink_connect("
         "'host=127.0.0.1 port=@listener@ user=postgres connect_timeout=5');",
         DrillOutcome::Result::failed,
         "could not establish connection"},
        // That it may be another machine's is all that can be said of it.
        {"code of its own",
         "CREATE FUNCTION public.native() RETURNS int LANGUAGE c AS '@library@', 'dblink_close';",
         DrillOutcome::Result::unknown,
         "the library hostile is not loadable here"},
        {"a query that runs it all later",
         "CREATE VIEW public.v AS SELECT pg_catalog.pg_read_file('@secret@');"
         "CREATE MATERIALIZED VIEW public.m AS SELECT * FROM public.v;",
         DrillOutcome::Result::failed,
         "Permission denied"},
        // A COPY that fails has psql take its rows for SQL, and for commands of its own.
        {"what is rows for us",
         "COPY public.nowhere (line) FROM stdin;\n\\! echo > @planted@\n\\! kill -9 @us@\n"
         "\\copy (SELECT 1) TO '@planted@'\nTRUNCATE public.posts;\n\\.\n",
         DrillOutcome::Result::failed,
         "relation \"public.nowhere\" does not exist"},
        {"another server, by what is rows for us",
         "COPY public.nowhere (line) FROM stdin;\n\\connect \"@server@\"\n\\.\n",
         DrillOutcome::Result::failed,
         "backslash commands are restricted"},
        {"another server, by what is a text for us",
         "SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false);\n"
         "SELECT '\\'';\n\\connect \"@server@\"\n--';",
         DrillOutcome::Result::failed,
         "backslash commands are restricted"},
        {"commands of psql's for whoever knows a key",
         "COPY public.nowhere (line) FROM stdin;\n\\unrestrict 4711\n"
         "\\connect \"@server@\"\n\\.\n",
         DrillOutcome::Result::failed,
         "restrict"},
        {"rows that are gone at the end",
         "DO $$ BEGIN DELETE FROM public.posts WHERE id > 40; END $$;",
         DrillOutcome::Result::failed,
         "public.posts: 10 of 50 rows missing"},
    };
    for (const Attack& attack : attacks) {
        SCOPED_TRACE(attack.what);
        write("night.sql", with_places(attack.sql));

        const DrillReport report = drill("night.sql");

        EXPECT_EQ(report.result, attack.result);
        EXPECT_NE(errors_of(report).find(attack.error), std::string::npos) << errors_of(report);
        expect_unharmed();
    }
}

// An error that the file itself catches nobody sees (docs/decisions/sandbox.md).
TEST_F(HostileFile, that_hides_what_it_was_refused_restores_and_has_got_nothing) {
    if (!sandbox_gaps().empty()) GTEST_SKIP() << sandbox_gaps().front();
    write(
        "night.sql",
        with_places("DO $$ DECLARE attempt text; BEGIN FOREACH attempt IN ARRAY ARRAY["
                    "$a$COPY (SELECT 1) TO PROGRAM 'echo > @planted@'$a$,"
                    "$a$COPY (SELECT 1) TO PROGRAM 'kill -9 @us@'$a$,"
                    "$a$COPY (SELECT pg_catalog.pg_read_file('@secret@')) TO '@planted@'$a$"
                    "] LOOP BEGIN EXECUTE attempt; RAISE 'got out'; EXCEPTION WHEN OTHERS THEN "
                    "IF SQLERRM = 'got out' THEN RAISE; END IF; END; END LOOP; END $$;")
    );

    const DrillReport report = drill("night.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    expect_unharmed();
}

// Its SQL runs as much as that of a plain file, and that of an index as its owner: no fence refuses
// this.
TEST_F(HostileFile, ends_as_a_finding_as_an_archive_too) {
    fill(with_places(
        "CREATE FUNCTION attack(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN "
        "IF current_database() <> 'shop' THEN PERFORM pg_catalog.pg_read_file('@secret@'); END IF;"
        "RETURN id; END $$; CREATE INDEX ON posts (attack(id))"
    ));
    for (const auto& [name, form] : {std::pair("night.dump", "-Fc"), {"night.tar", "-Ft"}}) {
        SCOPED_TRACE(name);
        dump(name, {form});

        const DrillReport report = drill(name);

        EXPECT_EQ(report.result, DrillOutcome::Result::failed);
        const std::string refused = "permission denied for function pg_read_file";
        EXPECT_NE(errors_of(report).find(refused), std::string::npos) << errors_of(report);
        expect_unharmed();
    }
}

}  // namespace
}  // namespace backupwatch
