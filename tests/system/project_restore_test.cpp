// A dump of a Supabase project restored into a new project, whose postgres is no superuser:
// verified row by row, and refused where the project is somebody's.
#include "system/project_restore_fixture.hpp"

#include <csignal>
#include <filesystem>
#include <optional>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

TEST_F(ProjectRestore, shows_what_it_would_do_and_does_nothing_unconfirmed) {
    const Ran shown = restore("");
    EXPECT_EQ(shown.exit_code, only_shown_yet) << shown.out << shown.err;
    EXPECT_NE(
        shown.out.find("is a new project of Supabase's (left out: storage.prefixes, "
                       "storage.s3_multipart_uploads and sequence storage.prefixes_id_seq): "
                       "it is loaded"),
        std::string::npos
    ) << shown.out;
    EXPECT_EQ(hosted_->comment(), "none");
    expect_new();
}

TEST_F(ProjectRestore, loads_a_new_project_and_verifies_it_row_by_row) {
    const Ran ran = restore();
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    expect_loaded();
    for (const char* told :
         {"RESTORED: localhost/project",
          "auth.schema_migrations: the project's own",
          "supabase_functions.hooks: the project's own",
          "storage.vector_indexes: 1 row not loaded",
          "cron.job: 2 rows not loaded",
          "storage.prefixes: empty in the backup, and the project had none",
          "sequence storage.prefixes_id_seq: not set, the project had none",
          "storage.s3_multipart_uploads: empty in the backup, and the project's had no column "
          "version",
          "Schedule the cron jobs (2) again",
          "files of Storage (30)",
          "JWT secret",
          "pgmq.meta: the project's own",
          "objects of the platform's schemas: the project's own",
          "the webhooks auth.users.on_user and public.posts.on_post",
          "Point the application at the project of localhost/project",
          "ALTER ROLE \"app_reader\" LOGIN"}) {
        EXPECT_NE(ran.out.find(told), std::string::npos) << told << "\n" << ran.out;
    }
    EXPECT_EQ(ran.out.find(" pgmq.q_shut"), ran.out.npos) << "it lacks nothing\n" << ran.out;
    // No trigger made a second profile or a request, and each works from now on.
    EXPECT_EQ(hosted_->value("SELECT count(*) FROM net.http_request_queue"), "0");
    EXPECT_EQ(hosted_->value("SELECT count(*) FROM cron.job"), "0");
    hosted_->as_admin(
        "project",
        "INSERT INTO auth.users (id, email, raw_user_meta_data) "
        "VALUES (gen_random_uuid(), 'new@example.com', '{\"name\": \"a new one\"}')"
    );
    EXPECT_EQ(
        hosted_->value("SELECT count(*) FROM public.profiles WHERE username = 'a new one'"), "1"
    );
    // So do policies, on the platform's tables as well.
    for (const char* table : {"storage.objects", "public.posts"}) {
        const std::string as_a_user =
            "BEGIN; SELECT set_config('request.jwt.claims', json_build_object('sub', owner)::text, "
            "true) FROM storage.objects LIMIT 1; SET LOCAL ROLE authenticated; SELECT count(*) "
            "FROM ";
        const std::string seen = hosted_->value(as_a_user + table);
        EXPECT_NE(seen, "0") << table;
        EXPECT_NE(seen, hosted_->value(std::string("SELECT count(*) FROM ") + table)) << table;
    }
    EXPECT_TRUE(site_.left_behind().empty());

    const Ran again = restore();
    EXPECT_EQ(again.exit_code, refused_or_failed) << "whoever uses it by now would lose it";
    EXPECT_NE(again.out.find("whose restore came to its end"), std::string::npos) << again.out;
}

TEST_F(ProjectRestore, loads_a_dump_that_went_without_what_its_role_may_not_read) {
    const TestPostgres& old = TestPostgres::shared();
    old.execute(
        "shop",
        "REVOKE ALL ON cron.job, storage.migrations "
        "FROM project_owner, anon, authenticated, service_role;"
        "REVOKE ALL ON SEQUENCE cron.jobid_seq FROM project_owner"
    );
    const std::string id = site_.take_backup();
    old.execute(
        "shop",
        "GRANT ALL ON cron.job, storage.migrations TO project_owner;"
        "GRANT ALL ON storage.migrations TO anon, authenticated, service_role;"
        "GRANT ALL ON SEQUENCE cron.jobid_seq TO project_owner"
    );

    const Ran ran =
        site_.run({"restore", "shop", "--backup", id, "--into", "fresh", "--confirm", project_place}
        );

    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    expect_loaded();
    const std::string put_back = "Put back what no dump holds: ";
    EXPECT_NE(ran.out.find(put_back + "table cron.job: left out, as the role"), ran.out.npos)
        << ran.out;
    for (const char* of_every_project : {"sequence cron.jobid_seq", "table storage.migrations"}) {
        EXPECT_NE(ran.out.find(of_every_project), ran.out.npos) << of_every_project << ran.out;
        EXPECT_EQ(ran.out.find(put_back + of_every_project), ran.out.npos) << ran.out;
    }
}

TEST_F(ProjectRestore, refuses_a_project_that_is_somebodys) {
    const std::pair<const char*, const char*> table[] = {
        {"CREATE TABLE public.mine (id int)", "it holds 1 table (public.mine)"},
        {"INSERT INTO auth.users (id) VALUES (gen_random_uuid())", "1 row in auth.users"},
        {"INSERT INTO storage.buckets (id, name) VALUES ('b', 'b')", "1 row in storage.buckets"},
        {"CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
         "1 function (public.f)"},
        {"CREATE POLICY p ON storage.objects FOR SELECT USING (true)",
         "1 policy (p on storage.objects)"},
        {"CREATE SCHEMA app", "1 schema (app)"},
        {"REVOKE INSERT ON auth.identities FROM postgres", "lacks INSERT on auth.identities"},
        {"ALTER TABLE auth.sessions DROP COLUMN tag", "rows for: column tag of auth.sessions"},
        {"DELETE FROM pg_extension WHERE extname = 'pg_net'", "pg_net, needed by view public.sent"},
        {"DROP TABLE storage.s3_multipart_uploads",
         "needed there: policy storage.s3_multipart_uploads own uploads"},
        {"ALTER TABLE storage.s3_multipart_uploads RENAME id TO key",
         "needed there: policy storage.s3_multipart_uploads own uploads"},
        {"DROP TABLE auth.identities",
         "rows for: table auth.identities; what it lacks is needed by view public.logins, "
         "trigger auth.identities on_login and fk constraint public.links links_identity_fkey"},
        {"ALTER EXTENSION pgmq DROP TABLE pgmq.q_shut;"
         "ALTER EXTENSION pgmq DROP SEQUENCE pgmq.q_shut_msg_id_seq; DROP TABLE pgmq.q_shut",
         "row security pgmq.q_shut"},
        {"DROP SCHEMA extensions CASCADE", "has not enabled an extension of the backup's, whose"},
        {"REVOKE ALL ON auth.users FROM postgres", "SELECT on auth.users"},
        {"ALTER DATABASE project OWNER TO supabase_admin", "belongs to a role that postgres is no"},
    };
    for (const auto& [sql, said] : table) {
        SCOPED_TRACE(sql);
        hosted_->renew();
        hosted_->as_admin("project", sql);
        const Ran ran = restore();
        EXPECT_EQ(ran.exit_code, refused_or_failed) << sql << ran.err;
        EXPECT_NE(ran.out.find(said), std::string::npos) << sql << "\n" << ran.out << ran.err;
        EXPECT_EQ(hosted_->comment(), "none");
    }
}

TEST_F(ProjectRestore, has_the_queues_that_its_hint_and_its_steps_have_a_person_make) {
    hosted_->as_admin(
        "project",
        "DROP TABLE pgmq.q_mails, pgmq.a_mails, pgmq.q_idle, pgmq.a_idle;"
        "DELETE FROM pgmq.meta WHERE queue_name IN ('mails', 'idle')"
    );
    const auto printed = [](const std::string& text) {
        const auto from = text.find("SELECT pgmq.create(");
        return from == text.npos ? text : text.substr(from, text.find(';', from) + 1 - from);
    };
    const Ran refused = restore();
    EXPECT_EQ(refused.exit_code, refused_or_failed) << refused.out;
    const std::string lacking =
        "has rows for: table pgmq.q_mails; what it lacks is needed by row security pgmq.q_mails\n";
    EXPECT_NE(refused.out.find(lacking), refused.out.npos) << refused.out;

    hosted_->server().execute("project", printed(refused.out) + "SELECT pgmq.detach('mails')");
    const Ran ran = restore();
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    expect_loaded();
    EXPECT_EQ(printed(ran.out), "SELECT pgmq.create('idle');") << ran.out;
    hosted_->server().execute("project", printed(ran.out));
    // The one that belonged to its extension.
    const std::string attached = ran.out.substr(ran.out.find("queues that are not wholly in"));
    EXPECT_EQ(printed(attached), "SELECT pgmq.create('attached');") << ran.out;
    hosted_->server().execute("project", printed(attached));
    EXPECT_EQ(
        hosted_->value("SELECT has_table_privilege('anon', 'pgmq.q_attached', 'SELECT')"), "f"
    );
    expect_same("SELECT string_agg(queue_name, ',' ORDER BY queue_name DESC) FROM pgmq.meta");
}

TEST_F(ProjectRestore, is_refused_where_somebodys_messages_are_in_a_queue) {
    hosted_->server().execute("project", "INSERT INTO pgmq.q_idle (message) VALUES ('{}')");
    const Ran ran = restore();
    EXPECT_EQ(ran.exit_code, refused_or_failed) << ran.out;
    EXPECT_NE(ran.out.find("it holds 1 row in pgmq.q_idle\n"), ran.out.npos) << ran.out;
}

TEST_F(ProjectRestore, refused_is_loaded_by_hand_without_the_lines_that_its_hint_takes_out) {
    // None, and what it stood in is there.
    constexpr const char* on_identities =
        "SELECT (SELECT count(*) FROM pg_trigger WHERE tgname = 'on_login')"
        " + (SELECT count(*) FROM pg_views WHERE viewname = 'logins')"
        " + (SELECT count(*) FROM pg_constraint WHERE conname = 'links_identity_fkey')"
        " + (SELECT count(*) FROM public.links)";
    const std::pair<const char*, const char*> table[] = {
        {"ALTER TABLE auth.sessions DROP COLUMN tag", "SELECT count(*) FROM auth.sessions"},
        {"DROP TABLE auth.identities", on_identities},
        {"DROP TABLE auth.identities; DELETE FROM pg_extension WHERE extname = 'pg_net'",
         on_identities},
        {"DROP TABLE auth.identities, storage.s3_multipart_uploads", on_identities},
        {"REVOKE INSERT ON auth.identities FROM postgres", "SELECT count(*) FROM auth.identities"},
        {"DELETE FROM pg_extension WHERE extname = 'pg_net'",
         "SELECT count(*) FROM pg_views WHERE viewname = 'sent'"},
        {"DROP TABLE storage.s3_multipart_uploads",
         "SELECT count(*) FROM pg_policy WHERE polname = 'own uploads'"},
        {"ALTER TABLE storage.s3_multipart_uploads RENAME id TO key",
         "SELECT count(*) FROM pg_policy WHERE polname = 'own uploads'"},
    };
    for (const auto& [change, left_out] : table) {
        SCOPED_TRACE(change);
        hosted_->renew();
        hosted_->as_admin("project", change);
        const Ran ran = restore();
        EXPECT_EQ(ran.exit_code, refused_or_failed) << ran.out;
        const auto from = ran.out.find("`sed ");
        ASSERT_NE(from, ran.out.npos) << ran.out;
        load_by_hand(ran.out.substr(from + 1, ran.out.find('`', from + 1) - from - 1));
        EXPECT_EQ(hosted_->value(left_out), "0");
        for (const char* table_of_all : {"public.posts", "auth.users", "auth.one_time_tokens"}) {
            expect_same(std::string("SELECT count(*) FROM ") + table_of_all);
        }
    }
}

TEST_F(ProjectRestore, leaves_out_an_extension_that_the_project_cannot_have_and_nothing_needs) {
    hosted_->as_admin("project", "DELETE FROM pg_extension WHERE extname = 'pg_graphql'");
    const Ran ran = restore();
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_NE(ran.out.find("extension pg_graphql: the project cannot have it"), ran.out.npos)
        << ran.out;
    expect_loaded();
}

TEST_F(ProjectRestore, refuses_the_project_that_is_watched_and_the_backup_of_what_is_none) {
    const TestPostgres& old = TestPostgres::shared();
    site_.configure(
        "        preset: supabase\n",
        "restore_targets: [{name: fresh, url: \"" + old.url("shop", "project_owner") +
            " connect_timeout=9\"}]\n"
    );
    const Ran itself = restore("localhost/shop");
    EXPECT_EQ(itself.exit_code, refused_or_failed);
    EXPECT_NE(itself.out.find("is the database that is watched as shop"), std::string::npos)
        << itself.out << itself.err;

    old.create_database("blog");
    old.execute("blog", "CREATE TABLE pages (id int)");
    const Site plain(old.url("blog"), "blog");
    plain.configure("", "restore_targets: [{name: fresh, url: \"" + hosted_->url() + "\"}]\n");
    const std::string id = plain.take_backup();
    const Ran ran = plain.run({"restore", "blog", "--backup", id, "--into", "fresh"});
    EXPECT_EQ(ran.exit_code, refused_or_failed);
    EXPECT_NE(ran.out.find("the backup is of a database that is none"), std::string::npos)
        << ran.out << ran.err;
    EXPECT_EQ(hosted_->comment(), "none");
}

TEST_F(ProjectRestore, is_tried_by_check_config_online) {
    const Ran fresh = site_.run({"check-config", "--online"});
    EXPECT_NE(fresh.out.find("localhost/project is a new project of Supabase's"), fresh.out.npos)
        << fresh.out << fresh.err;
    hosted_->as_admin("project", "CREATE TABLE public.mine (id int)");
    const Ran used = site_.run({"check-config", "--online"});
    EXPECT_NE(used.out.find("it holds 1 table (public.mine)"), used.out.npos) << used.out;
}

TEST_F(ProjectRestore, counts_who_is_at_work_in_it_and_no_service_of_the_platforms) {
    const Sleeper service("authenticator");
    await("a service", [] { return sessions("usename = 'authenticator'") == "1"; });
    EXPECT_EQ(restore("").exit_code, only_shown_yet);

    const Sleeper somebody("postgres");
    await("somebody", [] {
        return sessions("usename = 'postgres' AND query LIKE '%sleep(200)'") == "1";
    });
    const Ran ran = restore("");
    EXPECT_EQ(ran.exit_code, refused_or_failed);
    EXPECT_NE(ran.out.find("somebody is at work in localhost/project: 1 session"), ran.out.npos)
        << ran.out;
}

TEST_F(ProjectRestore, that_the_project_does_not_take_leaves_it_new_and_is_begun_anew) {
    hosted_->as_admin("project", "ALTER TABLE auth.sessions ADD CONSTRAINT none CHECK (false)");
    const Ran ran = restore();
    EXPECT_EQ(ran.exit_code, refused_or_failed) << ran.out;
    EXPECT_NE(ran.err.find("violates check constraint \"none\""), ran.err.npos) << ran.err;
    EXPECT_NE(ran.err.find("is a new project as it was, and is marked as begun"), ran.err.npos)
        << ran.err;
    expect_new();

    hosted_->as_admin("project", "ALTER TABLE auth.sessions DROP CONSTRAINT none");
    const Ran again = restore();
    EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
    EXPECT_NE(again.out.find("was interrupted, and has left nothing in it"), again.out.npos)
        << again.out;
    expect_loaded();
}

TEST_F(ProjectRestore, whose_last_step_fails_leaves_it_new) {
    hosted_->as_admin("project", "DELETE FROM auth.schema_migrations");
    const Ran ran = restore();
    EXPECT_EQ(ran.exit_code, refused_or_failed) << ran.out;
    EXPECT_NE(ran.err.find("division by zero"), ran.err.npos) << ran.err;
    EXPECT_NE(ran.err.find("is a new project as it was"), ran.err.npos) << ran.err;
    expect_new();
}

TEST_F(ProjectRestore, that_somebody_else_wrote_to_meanwhile_is_not_called_new) {
    std::optional<Held> held(std::in_place, "auth.sessions IN SHARE MODE");
    const auto killed = site_.start(words());
    await("its load", [] { return waiting_loads() == "1"; });
    hosted_->as_admin("project", "CREATE SCHEMA theirs");
    ::kill(await_process_in(site_.work(), "/psql "), SIGKILL);
    const Ran ran = killed->wait();
    EXPECT_EQ(ran.exit_code, refused_or_failed);
    EXPECT_EQ(ran.err.find("as it was"), ran.err.npos) << ran.err;
    EXPECT_NE(ran.err.find("holds what no new project does"), ran.err.npos) << ran.err;
}

TEST_F(ProjectRestore, of_a_damaged_dump_leaves_the_project_untouched) {
    const fs::path rows = [&] {
        fs::path biggest;
        for (const auto& entry : fs::directory_iterator(site_.dumps() / id_ / "archive")) {
            const bool is_bigger = biggest.empty() || entry.file_size() > fs::file_size(biggest);
            if (entry.path().extension() == ".zst" && is_bigger) biggest = entry.path();
        }
        return biggest;
    }();
    fs::resize_file(rows, fs::file_size(rows) / 2);
    const Ran ran = restore();
    EXPECT_EQ(ran.exit_code, refused_or_failed) << ran.out;
    EXPECT_EQ(hosted_->comment(), "none") << ran.err;
    expect_new();
}

}  // namespace
}  // namespace backupwatch
