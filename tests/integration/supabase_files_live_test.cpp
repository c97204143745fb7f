// What acts when it is restored, views and triggers of users' own, acts on stock PostgreSQL as in
// the project, or not at all.
#include "supabase_files.hpp"

namespace backupwatch {
namespace {

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

TEST_F(FilesOfSupabase, D15_fire_no_trigger_and_call_nobody_while_they_are_drilled) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
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

// Bytes and texts beside them may look like the other form: all bytes there are, and a `\x`.
TEST_F(FilesOfSupabase, D15_fail_for_such_a_trigger_also_beside_bytes_in_either_form) {
    server_.execute(
        "shop",
        "CREATE TABLE public.pictures (name text, content bytea, more bytea[]);"
        "INSERT INTO public.pictures SELECT 'C:\\xampp ' || n, "
        "string_agg(decode(lpad(to_hex(b), 2, '0'), 'hex'), '' ORDER BY b) || '\\x5c785c78', "
        "ARRAY[bytea '\\x5c78', NULL] FROM generate_series(1, 9) n, generate_series(0, 255) b "
        "GROUP BY n"
    );
    const auto dump_both = [&](const std::string& suffix) {
        dump_files("hex" + suffix);
        server_.execute("shop", "ALTER DATABASE shop SET bytea_output = 'escape'");
        dump_files("escaped" + suffix);
        server_.execute("shop", "ALTER DATABASE shop RESET bytea_output");
    };
    dump_both("");
    for (const char* night : {"hex", "escaped"}) {
        SCOPED_TRACE(night);
        const DrillReport report = drill(night);
        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
        EXPECT_EQ(skipped_of(report).find("content of public.pictures"), std::string::npos)
            << skipped_of(report);
    }

    server_.execute(
        "shop",
        "CREATE FUNCTION public.rename() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.name = upper(NEW.name); RETURN NEW; END $$;"
        "CREATE TRIGGER renames BEFORE INSERT ON public.pictures "
        "FOR EACH ROW EXECUTE FUNCTION public.rename();"
        "ALTER TABLE public.pictures ENABLE ALWAYS TRIGGER renames"
    );
    dump_both("-renamed");
    for (const char* night : {"hex-renamed", "escaped-renamed"}) {
        SCOPED_TRACE(night);
        const DrillReport report = drill(night);
        EXPECT_EQ(report.result, DrillOutcome::Result::failed);
        EXPECT_NE(
            errors_of(report).find("public.pictures: 9 rows, but their content differs"),
            std::string::npos
        ) << errors_of(report);
    }
}

}  // namespace
}  // namespace backupwatch
