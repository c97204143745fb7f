// What `supabase db dump` left in a folder, drilled on stock PostgreSQL: docs/supabase-dumps.md.
#include "foreign_drill_fixture.hpp"
#include "sources/foreign/psql_log.hpp"
#include "supabase_fixture.hpp"
#include "system/small_disk.hpp"

#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

class FilesOfSupabase : public ForeignDrill {
  protected:
    FilesOfSupabase() { server_.execute_file("shop", supabase_layout); }

    /// Its rows as COPY writes them.
    void dump_files(
        const std::string& name, const std::string& rows = "", const std::string& zone = "UTC"
    ) {
        run("PGTZ=" + zone + " PGHOST='" + server_.socket_folder().string() +
            "' PGUSER=postgres PATH='" + server_.bin().string() +
            "':$PATH " SOURCE_DIR "/tests/support/supabase_db_dump.sh shop '" +
            (folder_ / name).string() + "' '" + rows + "'");
    }

    DrillReport drill_asking(const std::string& name, std::vector<std::string> queries) {
        const auto source = watching();
        DrillJob job;
        job.database = "shop";
        job.set = "others";
        job.source = source.get();
        job.backup.id = name;
        job.settings.queries.texts = std::move(queries);
        return run_on(loop_, driller_.run(std::move(job), [](const Progress&) {}));
    }

    static std::string text_of(const fs::path& file) {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str();
    }
    void replace_in(const std::string& file, const std::string& from, const std::string& to) {
        std::string text = text_of(folder_ / file);
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from << " is not in " << file;
        std::ofstream(folder_ / file) << text.replace(at, from.size(), to);
    }
    static std::uint64_t rows_in(const DrillReport& report, const std::string& name) {
        for (const auto& table : report.verification.tables) {
            if (table.name == name && table.ok && table.compared) return table.rows;
        }
        return 0;
    }
    static std::string check_in(const DrillReport& report, const std::string& name) {
        for (const auto& check : report.verification.checks) {
            if (check.name == name) return check.detail;
        }
        return "no such check";
    }
};

TEST_F(FilesOfSupabase, D1_pass_on_stock_postgresql_with_each_row) {
    dump_files("night");

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(rows_in(report, "public.posts"), 400u);
    EXPECT_EQ(rows_in(report, "public.profiles"), 50u);
    EXPECT_EQ(rows_in(report, "auth.users"), 50u);
    EXPECT_EQ(rows_in(report, "storage.objects"), 30u);
    for (const auto& table : report.verification.tables) {
        EXPECT_EQ(table.hash, table.expected_hash) << table.name;
        EXPECT_FALSE(table.hash.empty()) << table.name;
    }
    EXPECT_NE(check_in(report, "row-level security").find("5 policies"), std::string::npos)
        << check_in(report, "row-level security");
    EXPECT_NE(check_in(report, "foreign keys").find("no row points to none"), std::string::npos);
    const std::string skipped = skipped_of(report);
    for (const char* told :
         {"cron jobs: ",
          "one moment: ",
          "triggers on auth.users, policies on storage.objects: ",
          "extension pg_net: made in no drill",
          "extension pg_cron: made in no drill"}) {
        EXPECT_NE(skipped.find(told), std::string::npos) << told << "in\n" << skipped;
    }
}

// What users' own views, keys and functions take for granted of the platform's tables.
TEST_F(FilesOfSupabase, D1_pass_with_what_hangs_on_the_types_of_the_platforms_columns) {
    server_.execute(
        "shop",
        "CREATE VIEW public.log_ins AS SELECT payload ->> 'actor_id' AS actor "
        "FROM auth.audit_log_entries WHERE payload ->> 'action' = 'login';"
        "CREATE VIEW public.stale AS SELECT s.id FROM auth.sessions s "
        "JOIN auth.one_time_tokens t ON t.user_id = s.user_id AND t.created_at < s.refreshed_at "
        "WHERE s.ip << inet '192.0.2.0/24' "
        "AND s.refreshed_at < timestamp '2026-02-03' - interval '1 hour' AND s.user_id IS NOT NULL;"
        "CREATE TABLE public.devices (session uuid REFERENCES auth.sessions, "
        "token bigint REFERENCES auth.refresh_tokens, login uuid REFERENCES auth.identities);"
        "INSERT INTO public.devices SELECT r.session_id, r.id, i.id FROM auth.refresh_tokens r "
        "JOIN auth.identities i ON i.user_id::text = r.user_id"
    );
    dump_files("night");
    const std::vector<std::string> queries{"SELECT * FROM log_ins", "SELECT * FROM stale"};

    const DrillReport report = drill_asking("night", queries);

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(check_in(report, "query: SELECT * FROM log_ins"), "50 rows");
    EXPECT_EQ(check_in(report, "query: SELECT * FROM stale"), "50 rows");
    EXPECT_EQ(rows_in(report, "public.devices"), 50u);
    for (const auto& table : report.verification.tables) {
        EXPECT_EQ(table.hash, table.expected_hash) << table.name;
    }
}

TEST_F(FilesOfSupabase, without_their_roles_pass_and_say_so) {
    dump_files("night");
    fs::remove(folder_ / "night/roles.sql");

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_NE(skipped_of(report).find("roles: there is no roles.sql"), std::string::npos)
        << skipped_of(report);
}

TEST_F(FilesOfSupabase, that_lie_in_the_watched_folder_itself_are_one_dump) {
    dump_files(".");
    dump("other.dump", {"-Fc"});

    const Inventory listed = inventory();
    ASSERT_EQ(listed.backups.size(), 2u);
    const DrillReport report = drill("data.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(rows_in(report, "public.posts"), 400u);

    // A change of any of the three is a change of the dump.
    replace_in("schema.sql", "\"posts\"", "\"posts\"\"");
    EXPECT_NE(error_of("data.sql"), "");
}

// Both have auth.users.
TEST_F(FilesOfSupabase, of_another_project_are_refused) {
    dump_files("before");
    server_.execute(
        "shop",
        "DROP TABLE public.comments, public.posts, public.profiles CASCADE; CREATE TABLE "
        "public.blog AS SELECT 1 AS id; DROP SCHEMA supabase_migrations CASCADE"
    );
    dump_files("later");

    EXPECT_EQ(error_of("before"), "");
    EXPECT_NE(error_of("later").find("it holds none of the"), std::string::npos)
        << error_of("later");
}

// The same files, read by psql as they stand, on a server that has nothing of a project.
TEST_F(FilesOfSupabase, D2_without_their_prelude_fail_for_each_thing_that_it_makes) {
    struct Case {
        const char* file;
        std::vector<const char*> damage;
        std::vector<const char*> notes;
    };
    const Case cases[] = {
        {"roles.sql",
         {"role \"anon\" does not exist", "role \"authenticator\" does not exist"},
         {}},
        {"schema.sql",
         {"schema \"extensions\" does not exist",
          "schema \"auth\" does not exist",
          "relation \"public.posts\" does not exist",
          "publication \"supabase_realtime\" does not exist"},
         {"extension pg_net: made in no drill",
          "extension pg_cron: made in no drill",
          "rights of anon",
          "rights of authenticated"}},
        {"data.sql",
         {"COPY \"auth\".\"users\": ERROR:  schema \"auth\" does not exist",
          "COPY \"public\".\"profiles\": ERROR:  relation \"public.profiles\" does not exist"},
         {}},
    };
    dump_files("night");
    const TestPostgres stock;
    stock.create_database("bare");
    const fs::path said = directory_ / "said";
    for (const Case& one : cases) {
        run("PGHOST='" + stock.socket_folder().string() + "' '" + (stock.bin() / "psql").string() +
            "' --no-psqlrc --quiet --username=postgres --dbname=bare --echo-errors "
            "--set=VERBOSITY=verbose --file='" +
            (folder_ / "night" / one.file).string() + "' >/dev/null 2>'" + said.string() + "'");
        PsqlLog log(15, {"pg_cron", "pg_graphql", "pg_net", "supabase_vault"});
        std::ifstream lines(said);
        for (std::string line; std::getline(lines, line);) log.add(line);

        const auto sorted = log.sorted();

        std::string damage = std::string(one.file) + " does damage:\n";
        for (const std::string& error : sorted.damage) damage += error + "\n";
        std::string notes = std::string(one.file) + " is noted for:\n";
        for (const auto& note : sorted.notes) notes += note.what + ": " + note.why + "\n";
        for (const char* name : one.damage) {
            EXPECT_NE(damage.find(name), std::string::npos) << name << "\n" << damage;
        }
        for (const char* name : one.notes) {
            EXPECT_NE(notes.find(name), std::string::npos) << name << "\n" << notes;
        }
    }
}

TEST_F(FilesOfSupabase, D2_fail_by_name_for_what_no_prelude_makes) {
    dump_files("night");
    // A policy asks a function that only that project has.
    replace_in(
        "night/schema.sql", "\"auth\".\"uid\"() = \"user_id\"", "\"private\".\"mine\"(\"user_id\")"
    );

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    EXPECT_NE(errors_of(report).find("schema \"private\" does not exist"), std::string::npos)
        << errors_of(report);
    EXPECT_NE(
        errors_of(report).find("policy public.posts.\"own posts\" is missing"), std::string::npos
    ) << errors_of(report);
}

TEST_F(FilesOfSupabase, D3_that_are_not_whole_are_refused_before_anything_is_restored) {
    for (const char* name : {"cut", "unreset", "unkeyed", "empty", "packed"}) dump_files(name);
    const std::string data = text_of(folder_ / "cut/data.sql");
    const auto posts = data.find("COPY \"public\".\"posts\"");
    ASSERT_NE(posts, std::string::npos);
    std::ofstream(folder_ / "cut/data.sql") << data.substr(0, posts + 900);
    std::ofstream(folder_ / "unreset/data.sql") << data.substr(0, data.rfind("RESET ALL;"));
    std::ofstream(folder_ / "empty/data.sql") << "";
    // Between two statements: keys, policies and rights are gone, and each row is there.
    const std::string schema = text_of(folder_ / "unkeyed/schema.sql");
    const auto keys = schema.find("ALTER TABLE ONLY \"public\".\"comments\"\n    ADD CONSTRAINT");
    ASSERT_NE(keys, std::string::npos);
    std::ofstream(folder_ / "unkeyed/schema.sql") << schema.substr(0, keys);
    run("cd " + (folder_ / "packed").string() +
        " && gzip data.sql && truncate -s $(($(stat -c %s data.sql.gz) - 40)) data.sql.gz");

    EXPECT_NE(error_of("cut").find("ends within the rows of COPY"), std::string::npos)
        << error_of("cut");
    EXPECT_EQ(
        error_of("unreset"), "data.sql is cut short: its last line, \"RESET ALL;\", is missing"
    );
    EXPECT_EQ(
        error_of("unkeyed"), "schema.sql is cut short: its last line, \"RESET ALL;\", is missing"
    );
    EXPECT_EQ(error_of("empty"), "data.sql is empty: it holds no statement");
    EXPECT_NE(error_of("packed"), "");
    EXPECT_EQ(drill("cut").result, DrillOutcome::Result::failed);
}

TEST_F(FilesOfSupabase, D4_that_lost_the_rows_which_policies_hide_are_told_by_their_shape) {
    dump_files("before");
    dump_files("later");
    std::string data = text_of(folder_ / "later/data.sql");
    const auto posts = data.find('\n', data.find("COPY \"public\".\"posts\"")) + 1;
    data.erase(posts, data.find("\n\\.\n", posts) + 1 - posts);
    std::ofstream(folder_ / "later/data.sql") << data;
    const auto source = watching();

    const auto before = run_on(loop_, source->shape("before"));
    const auto later = run_on(loop_, source->shape("later"));

    ASSERT_TRUE(before && later);
    const auto lost = losses(*before, *later);
    ASSERT_EQ(lost.size(), 1u);
    EXPECT_EQ(lost[0].table, "public.posts");
}

// pg_dump fails for such a role, but with --enable-row-security.
TEST_F(FilesOfSupabase, D4_made_by_a_role_that_sees_no_row_fail_once_an_earlier_dump_has_them) {
    dump_files("later");
    std::string data = text_of(folder_ / "later/data.sql");
    const auto posts = data.find('\n', data.find("COPY \"public\".\"posts\"")) + 1;
    data.erase(posts, data.find("\n\\.\n", posts) + 1 - posts);
    // What refers to them is nobody's to see, either.
    const auto comments = data.find('\n', data.find("COPY \"public\".\"comments\"")) + 1;
    data.erase(comments, data.find("\n\\.\n", comments) + 1 - comments);
    std::ofstream(folder_ / "later/data.sql") << data;
    replace_in("later/data.sql", "SET row_security = off;", "SET row_security = on;");
    const DrillReport alone = drill("later");
    EXPECT_EQ(alone.result, DrillOutcome::Result::passed) << errors_of(alone);
    EXPECT_NE(
        skipped_of(alone).find("rows that the role of the dump might not see, of "),
        std::string::npos
    ) << skipped_of(alone);
    EXPECT_NE(skipped_of(alone).find("public.posts"), std::string::npos) << skipped_of(alone);

    dump_files("before");
    const std::string before = "'" + (folder_ / "before").string() + "'";
    run("touch -d 2026-01-01 " + before + "/*.sql " + before);
    const DrillReport report = drill("later");

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    EXPECT_NE(
        errors_of(report).find("public.posts has no row, where before has 400 rows: "),
        std::string::npos
    ) << errors_of(report);
}

TEST_F(FilesOfSupabase, D5_with_rows_that_point_to_none_fail_though_each_constraint_says_valid) {
    dump_files("night");
    const std::string first = text_of(folder_ / "night/data.sql");
    const auto users = first.find("COPY \"auth\".\"users\"");
    const auto row = first.find('\n', users) + 1;
    const std::string user = first.substr(row, first.find('\n', row) + 1 - row);
    replace_in("night/data.sql", user, "");

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    const std::string errors = errors_of(report);
    EXPECT_NE(
        errors.find("public.posts: 8 rows point to no row of auth.users (posts_user_id_fkey)"),
        std::string::npos
    ) << errors;
    EXPECT_NE(errors.find("public.profiles: 1 row points to no row"), std::string::npos) << errors;
}

TEST_F(FilesOfSupabase, have_views_of_the_platforms_tables_that_answer_as_in_the_project) {
    server_.execute(
        "shop",
        "UPDATE auth.users SET email_confirmed_at = now() WHERE email LIKE 'user1%';"
        "CREATE VIEW public.confirmed AS SELECT u.id, i.email FROM auth.users u "
        "JOIN auth.identities i ON i.user_id = u.id WHERE u.confirmed_at < now() "
        "AND i.email <> '' AND NOT coalesce(u.is_super_admin, false);"
        "CREATE VIEW public.shown AS SELECT o.path_tokens[1] AS owner FROM storage.objects o "
        "JOIN storage.buckets b ON b.id = o.bucket_id "
        "WHERE b.public AND coalesce(b.file_size_limit, 1) > 0"
    );
    dump_files("night");
    const std::vector<std::string> queries{"SELECT * FROM confirmed", "SELECT * FROM shown"};

    const DrillReport report = drill_asking("night", queries);

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(check_in(report, "query: SELECT * FROM confirmed"), "11 rows");
    EXPECT_EQ(check_in(report, "query: SELECT * FROM shown"), "30 rows");
}

// It is filled as its owner may, who is `postgres` and reads what the platform keeps.
TEST_F(FilesOfSupabase, D6_have_a_view_of_the_platforms_rows_filled_as_their_owner) {
    server_.execute(
        "shop",
        "CREATE MATERIALIZED VIEW public.signups AS SELECT date_trunc('day', created_at) AS day, "
        "count(*) FROM auth.users WHERE auth.uid() IS NULL GROUP BY 1"
    );
    dump_files("night");

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(check_in(report, "materialized views"), "2 views");
}

TEST_F(FilesOfSupabase, D6_have_their_materialized_views_filled) {
    dump_files("night");
    EXPECT_EQ(check_in(drill("night"), "materialized views"), "1 view");

    replace_in(
        "night/schema.sql", "\"count\"(*) AS \"posts\"", "1 / (\"count\"(*) - 8) AS \"posts\""
    );
    const DrillReport report = drill("night");
    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    EXPECT_NE(
        errors_of(report).find("REFRESH MATERIALIZED VIEW public.post_counts: "), std::string::npos
    ) << errors_of(report);
}

TEST_F(FilesOfSupabase, D7_that_need_an_extension_for_a_column_cannot_be_drilled_here) {
    dump_files("night");
    replace_in("night/schema.sql", "\"body\" \"text\",", "\"body\" \"extensions\".\"vector\",");
    replace_in(
        "night/schema.sql",
        "CREATE EXTENSION IF NOT EXISTS \"pgcrypto\"",
        "CREATE EXTENSION IF NOT EXISTS \"vector\" WITH SCHEMA \"extensions\";\n"
        "CREATE EXTENSION IF NOT EXISTS \"pgcrypto\""
    );

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_NE(errors_of(report).find("the extension vector is not installed"), std::string::npos)
        << errors_of(report);
}

TEST_F(FilesOfSupabase, D8_of_a_newer_postgresql_say_which_one_they_need) {
    dump_files("night");
    replace_in(
        "night/data.sql",
        "-- Dumped from database version 15.",
        "-- Dumped from database version 99."
    );

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_NE(errors_of(report).find("major 99 or newer"), std::string::npos) << errors_of(report);
}

TEST_F(FilesOfSupabase, D9_may_have_the_lines_that_restrict_psql) {
    dump_files("night");
    replace_in(
        "night/data.sql",
        "SET session_replication_role",
        "\\restrict abc\nSET session_replication_role"
    );
    replace_in("night/data.sql", "RESET ALL;", "\\unrestrict abc\n\nRESET ALL;");
    EXPECT_EQ(drill("night").result, DrillOutcome::Result::passed);

    replace_in("night/data.sql", "\\unrestrict abc", "\\! id");
    EXPECT_NE(error_of("night").find("a command for psql"), std::string::npos) << error_of("night");
}

// To a psql from before it, \restrict is what any unknown command is to this one.
TEST_F(FilesOfSupabase, D9_may_have_them_also_where_psql_does_not_know_them) {
    std::ofstream(folder_ / "old.sql") << "\\restrikt abc\nSELECT 4711;\n\\unrestrikt abc\n";
    const fs::path said = directory_ / "said";
    run("PGHOST='" + server_.socket_folder().string() + "' '" + (server_.bin() / "psql").string() +
        "' --no-psqlrc --quiet --username=postgres --dbname=shop --echo-errors "
        "--set=VERBOSITY=verbose --file='" +
        (folder_ / "old.sql").string() + "' >'" + (directory_ / "rows").string() + "' 2>'" +
        said.string() + "'");
    EXPECT_NE(text_of(directory_ / "rows").find("4711"), std::string::npos);
    PsqlLog log(15);
    std::ifstream lines(said);
    std::size_t errors = 0;
    for (std::string line; std::getline(lines, line); ++errors) {
        const auto at = line.find("restrikt");
        ASSERT_NE(at, std::string::npos) << line;
        log.add(line.replace(at, 8, "restrict"));
    }

    EXPECT_EQ(errors, 2u) << text_of(said);
    EXPECT_EQ(log.sorted().damage, std::vector<std::string>());
}

TEST_F(FilesOfSupabase, D10_of_two_snapshots_that_do_not_fit_fail_for_the_column) {
    dump_files("night");
    replace_in("night/schema.sql", "    \"body\" \"text\",\n", "");

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    EXPECT_NE(
        errors_of(report).find("column \"body\" of relation \"posts\" does not exist"),
        std::string::npos
    ) << errors_of(report);
}

TEST_F(FilesOfSupabase, D11_are_drilled_again_as_if_for_the_first_time) {
    dump_files("night");
    EXPECT_EQ(drill("night").result, DrillOutcome::Result::passed);
    EXPECT_EQ(drill("night").result, DrillOutcome::Result::passed);
}

TEST_F(FilesOfSupabase, D12_that_take_too_long_fail_with_their_time_and_leave_nothing) {
    dump_files("night");
    replace_in("night/schema.sql", "RESET ALL;", "SELECT pg_sleep(100);\n\nRESET ALL;");
    const auto source = watching();
    DrillJob job;
    job.database = "shop";
    job.set = "others";
    job.source = source.get();
    job.backup.id = "night";
    job.settings.timeout = 8s;

    const DrillReport report = run_on(loop_, driller_.run(std::move(job), [](const Progress&) {}));

    EXPECT_EQ(report.result, DrillOutcome::Result::failed) << errors_of(report);
    EXPECT_NE(errors_of(report).find("no end of the drill within 8s"), std::string::npos)
        << errors_of(report);
    EXPECT_GE(report.restore_seconds(), 3.0);
    EXPECT_TRUE(processes_in(directory_ / "work").empty());
    for (const auto& entry : fs::directory_iterator(directory_ / "work")) {
        EXPECT_FALSE(entry.path().filename().string().starts_with("drill-")) << entry.path();
    }
}

TEST_F(FilesOfSupabase, D12_that_fill_the_disk_are_ended_with_their_time_and_leave_nothing) {
    dump_files("night");
    replace_in(
        "night/schema.sql",
        "RESET ALL;",
        "CREATE TABLE public.filler AS SELECT repeat(md5(n::text), 30) FROM generate_series(1, "
        "400000) n;"
        "\n\nRESET ALL;"
    );
    const SmallDisk disk(directory_ / "work", "300m");
    if (!disk.is_mounted()) GTEST_SKIP() << "nothing may be mounted here";

    const DrillReport report = drill("night");

    // A disk of ours: it says nothing against the files.
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown) << errors_of(report);
    // Whoever saw it first: the watch, or the server.
    const std::string errors = errors_of(report);
    const bool is_told = errors.find("the disk of ") != errors.npos ||
                         errors.find("Free some space on the volume") != errors.npos;
    EXPECT_TRUE(is_told) << errors;
    EXPECT_GT(report.restore_seconds(), 0.0);
    EXPECT_TRUE(processes_in(directory_ / "work").empty());
    for (const auto& entry : fs::directory_iterator(directory_ / "work")) {
        EXPECT_FALSE(entry.path().filename().string().starts_with("drill-")) << entry.path();
    }
}

TEST_F(FilesOfSupabase, D13_with_their_rows_as_inserts_are_counted) {
    dump_files("inserts", "--column-inserts --rows-per-insert=100000");

    const DrillReport report = drill("inserts");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(rows_in(report, "public.posts"), 400u);
    EXPECT_EQ(rows_in(report, "auth.users"), 50u);
    EXPECT_NE(skipped_of(report).find("INSERTs"), std::string::npos) << skipped_of(report);
}

// The bodies of the layout's posts look like statements, comments, end marks and psql's commands.
TEST_F(FilesOfSupabase, D14_keep_rows_that_look_like_what_is_filtered) {
    dump_files("night");
    const std::string data = text_of(folder_ / "night/data.sql");
    ASSERT_NE(data.find("CREATE EXTENSION pg_net;\\n\\\\.\\n"), std::string::npos)
        << "the rows are not what this is about";

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(rows_in(report, "public.posts"), 400u);
}

TEST_F(FilesOfSupabase, D15_fire_no_trigger_and_call_nobody_while_they_are_drilled) {
    if (!sandbox_gaps().empty()) GTEST_SKIP() << sandbox_gaps().front();
    const TcpListener listener;
    server_.execute("shop", calls_out(listener.port()));
    expect_to_hear_calls(server_);
    for (const char* rows : {"", "--column-inserts"}) {
        dump_files("night", rows);
        const DrillReport report = drill_asking("night", {refused_calls});

        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
        EXPECT_FALSE(listener.was_called());
        // Both were tried as the view was filled.
        EXPECT_EQ(check_in(report, std::string("query: ") + refused_calls), "2 rows");
        // on_auth_user_created would add a profile for each user, on_post a request for each post,
        // `fires` a row.
        EXPECT_EQ(rows_in(report, "public.profiles"), 50u);
        for (const auto& table : report.verification.tables) {
            EXPECT_FALSE(table.name.starts_with("net.")) << table.name;
            if (table.name == "public.fired") {
                EXPECT_EQ(table.rows, 0u);
            }
        }
    }
}

// As no other trigger does while rows are loaded.
TEST_F(FilesOfSupabase, D15_fail_where_a_trigger_that_fires_always_rewrites_their_rows) {
    server_.execute(
        "shop",
        "CREATE FUNCTION public.shout() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.title = upper(NEW.title); RETURN NEW; END $$;"
        "CREATE TRIGGER shouts BEFORE INSERT ON public.posts "
        "FOR EACH ROW EXECUTE FUNCTION public.shout();"
        "ALTER TABLE public.posts ENABLE ALWAYS TRIGGER shouts"
    );
    dump_files("night");

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    EXPECT_NE(
        errors_of(report).find("public.posts: 400 rows, but their content differs"),
        std::string::npos
    ) << errors_of(report);
}

TEST_F(FilesOfSupabase, D15_fail_for_such_a_trigger_also_beside_bytes_but_in_another_form) {
    server_.execute(
        "shop",
        "CREATE TABLE public.pictures (name text, content bytea);"
        "INSERT INTO public.pictures SELECT 'picture ' || n, '\\x00ff' FROM generate_series(1, 9) n"
    );
    server_.execute("shop", "ALTER DATABASE shop SET bytea_output = 'escape'");
    dump_files("escaped");
    server_.execute("shop", "ALTER DATABASE shop RESET bytea_output");
    const DrillReport escaped = drill("escaped");
    EXPECT_EQ(escaped.result, DrillOutcome::Result::passed) << errors_of(escaped);
    EXPECT_NE(skipped_of(escaped).find("content of public.pictures: it differs"), std::string::npos)
        << skipped_of(escaped);

    server_.execute(
        "shop",
        "CREATE FUNCTION public.rename() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.name = upper(NEW.name); RETURN NEW; END $$;"
        "CREATE TRIGGER renames BEFORE INSERT ON public.pictures "
        "FOR EACH ROW EXECUTE FUNCTION public.rename();"
        "ALTER TABLE public.pictures ENABLE ALWAYS TRIGGER renames"
    );
    dump_files("night");
    const DrillReport report = drill("night");
    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    EXPECT_NE(
        errors_of(report).find("public.pictures: 9 rows, but their content differs"),
        std::string::npos
    ) << errors_of(report);
}

TEST_F(FilesOfSupabase, of_a_session_in_another_time_zone_pass_and_say_what_was_only_counted) {
    dump_files("night", "", "America/New_York");

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(rows_in(report, "public.posts"), 400u);
    EXPECT_NE(skipped_of(report).find("content of public.posts: it differs"), std::string::npos)
        << skipped_of(report);
    // It has no time.
    EXPECT_EQ(skipped_of(report).find("content of public.comments"), std::string::npos);
}

// All of the project, by somebody who may read the platform's inside: its real realtime and vault.
TEST_F(FilesOfSupabase, are_not_needed_where_pg_dump_made_an_archive_of_a_project) {
    dump("whole.dump", {"-Fc"});

    const DrillReport report = drill("whole.dump");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(rows_in(report, "public.posts"), 400u);
    EXPECT_EQ(rows_in(report, "realtime.messages_2026_11_30"), 1u);
    EXPECT_EQ(rows_in(report, "cron.job"), 2u);
    EXPECT_EQ(rows_in(report, "vault.secrets"), 2u);
    EXPECT_NE(skipped_of(report).find("files of Storage: "), std::string::npos);
    // Neither a stock server nor a new project takes it as it is.
    const auto source = watching();
    EXPECT_FALSE(run_on(loop_, source->by_hand("whole.dump")));
    EXPECT_NE(check_in(report, "foreign keys").find("no row points to none"), std::string::npos);
}

TEST_F(FilesOfSupabase, are_restored_by_the_commands_that_their_drill_prints) {
    dump_files("night");
    run("cd " + (folder_ / "night").string() + " && gzip schema.sql");
    const DrillReport report = drill("night");
    ASSERT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    server_.execute("postgres", "DROP DATABASE IF EXISTS restored");
    std::string script = "export PGHOST='" + server_.socket_folder().string() +
                         "' PGUSER=postgres PATH='" + server_.bin().string() + "':$PATH";
    for (const std::string& command : report.commands) {
        // Here they are there already.
        const bool is_role = command.find("CREATE ROLE") != std::string::npos;
        script += " && " + (is_role ? "{ " + command + " || true; }" : command);
    }

    const fs::path said = directory_ / "said";
    EXPECT_EQ(std::system(("(" + script + ") >" + said.string() + " 2>&1").c_str()), 0)
        << text_of(said);

    EXPECT_EQ(server_.value("restored", "SELECT count(*) FROM public.posts"), "400");
    server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
}

}  // namespace
}  // namespace backupwatch
