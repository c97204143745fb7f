// A dump of a Supabase project restored into a new project, whose postgres is no superuser:
// verified row by row, refused where the project is somebody's, and killed without leaving a half.
#include "support/hosted_project.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr int only_shown_yet = 1;
constexpr int refused_or_failed = 2;
constexpr const char* project_place = "localhost/project";

constexpr const char* queues_stand_in = SOURCE_DIR "/tests/support/pgmq.sql";

constexpr const char* users_properties[] = {
    "SELECT string_agg(polname, ',' ORDER BY polname) FROM pg_policy "
    "WHERE polrelid <> 'realtime.messages'::regclass",
    "SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT string_agg(prrelid::regclass::text, ',') FROM pg_publication_rel",
    "SELECT last_value FROM public.posts_id_seq",
    "SELECT last_value FROM auth.refresh_tokens_id_seq",
    "SELECT last_value FROM pgmq.q_mails_msg_id_seq",
    "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relrowsecurity "
    "AND relname <> 'q_attached'",
    "SELECT has_table_privilege('anon', 'pgmq.q_mails', 'SELECT')",
    "SELECT md5(lo_get(4242))",
    "SELECT count(*) FROM public.payments",
    "SELECT md5(string_agg(q::text, '' ORDER BY q.msg_id)) FROM pgmq.q_mails q",
    "SELECT has_table_privilege('anon', 'public.payments', 'SELECT')",
    "SELECT has_table_privilege('anon', 'public.posts', 'SELECT')"};

class ProjectRestore : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const TestPostgres& old = TestPostgres::shared();
        old.create_database("shop");
        old.execute_file("shop", SOURCE_DIR "/tests/support/supabase_layout.sql");
        // Which a stock server lets only a superuser make.
        old.execute("shop", "DROP EVENT TRIGGER users_own");
        // A table that its user has closed, though each new one is open.
        old.execute(
            "shop",
            "CREATE TABLE public.payments (amount int); REVOKE ALL ON public.payments FROM anon;"
            "GRANT ALL ON public.payments TO project_owner"
        );
        // What a project's postgres may not write: without rows and with one, and an extension's.
        old.execute(
            "shop",
            "CREATE TABLE storage.buckets_vectors (id text PRIMARY KEY, type text);"
            "CREATE TABLE storage.vector_indexes (id text PRIMARY KEY, bucket_id text);"
            "INSERT INTO storage.vector_indexes VALUES ('i', 'b');"
            "CREATE TABLE extensions.spatial_ref_sys (srid int PRIMARY KEY, proj4text text);"
            "GRANT SELECT ON storage.buckets_vectors, storage.vector_indexes, "
            "extensions.spatial_ref_sys TO project_owner"
        );
        // A webhook on a table of the platform's.
        old.execute(
            "shop",
            "CREATE TRIGGER on_user AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION "
            "supabase_functions.http_request('https://hooks.example.com/user', 'POST')"
        );
        // A queue that holds messages, one that has held some, and one that its user has closed.
        old.execute_file("shop", queues_stand_in);
        old.execute(
            "shop",
            "SELECT pgmq.create('mails'), pgmq.create('idle'), pgmq.create('shut');"
            "SELECT pgmq.detach('mails'), pgmq.detach('idle'), pgmq.detach('shut');"
            "INSERT INTO pgmq.q_mails (vt, message) SELECT '2026-02-01', '{\"to\": \"a\"}' "
            "FROM generate_series(1, 3);"
            "SELECT nextval('pgmq.q_idle_msg_id_seq');"
            "GRANT SELECT ON ALL TABLES IN SCHEMA pgmq TO project_owner;"
            "GRANT SELECT ON ALL SEQUENCES IN SCHEMA pgmq TO project_owner;"
            "ALTER TABLE pgmq.q_idle OWNER TO project_owner;"
            "ALTER TABLE pgmq.a_idle OWNER TO project_owner;"
            "ALTER TABLE pgmq.q_mails ENABLE ROW LEVEL SECURITY;"
            "ALTER TABLE pgmq.q_shut ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY \"own calls\" ON pgmq.q_shut TO authenticated USING (vt < now());"
            "GRANT SELECT ON pgmq.q_mails TO anon;"
            "SELECT pgmq.create('attached');"
            "INSERT INTO pgmq.q_attached (message) VALUES ('{}');"
            // Of which a dump would have the right alone.
            "ALTER TABLE pgmq.q_attached ENABLE ROW LEVEL SECURITY;"
            "GRANT SELECT ON pgmq.q_attached TO anon"
        );
        // What the platform has dropped since, a whole table and a column, and nothing was in them.
        old.execute(
            "shop",
            "CREATE TABLE storage.prefixes (id bigserial PRIMARY KEY, name text);"
            "CREATE TABLE storage.s3_multipart_uploads (id text PRIMARY KEY, version text);"
            "CREATE POLICY \"own uploads\" ON storage.s3_multipart_uploads USING (id <> '');"
            "GRANT SELECT ON storage.prefixes, storage.prefixes_id_seq, "
            "storage.s3_multipart_uploads TO project_owner"
        );
        // What stands on a table of the platform's that has rows.
        old.execute(
            "shop",
            "CREATE FUNCTION public.on_login() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RETURN NEW; END';"
            "CREATE TRIGGER on_login AFTER INSERT ON auth.identities FOR EACH ROW "
            "EXECUTE FUNCTION public.on_login();"
            "CREATE VIEW public.logins AS SELECT user_id, provider FROM auth.identities;"
            "CREATE TABLE public.links (identity uuid REFERENCES auth.identities (id));"
            "GRANT ALL ON public.logins, public.links TO project_owner"
        );
        // What needs an extension of the platform's.
        old.execute(
            "shop",
            "CREATE VIEW public.sent AS SELECT net.http_post('https://example.com') AS id;"
            "GRANT ALL ON public.sent TO project_owner"
        );
        // A large object, and a view that is filled after it.
        old.execute(
            "shop",
            "SELECT lo_from_bytea(4242, convert_to(repeat(E'BEGIN;\\nCOMMIT;\\n', 9999), 'UTF8'));"
            "ALTER LARGE OBJECT 4242 OWNER TO project_owner;"
            "CREATE MATERIALIZED VIEW public.per_version AS "
            "SELECT 1 / count(*) AS share FROM auth.schema_migrations;"
            "GRANT ALL ON public.per_version TO project_owner"
        );
        origin_ = std::make_unique<Site>(old.url("shop", "project_owner"));
        origin_->configure("        preset: supabase\n");
        id_ = origin_->take_backup();
        hosted_ = std::make_unique<HostedServer>();
        hosted_->as_admin("new_project", read_text(queues_stand_in));
        hosted_->server().execute(
            "new_project",
            // The last belongs to its extension, as with pgmq before 1.6.
            "SELECT pgmq.create('mails'), pgmq.create('idle'), pgmq.create('shut');"
            "SELECT pgmq.detach('mails'), pgmq.detach('idle')"
        );
    }
    static void TearDownTestSuite() {
        hosted_.reset();
        origin_.reset();
        TestPostgres::shared().execute("postgres", "DROP DATABASE shop");
    }

    ProjectRestore() : site_(TestPostgres::shared().url("shop", "project_owner")) {
        fs::copy(origin_->dumps(), site_.dumps(), fs::copy_options::recursive);
        configure();
        hosted_->renew();
    }

    static std::vector<std::string> words(const std::string& confirm = project_place) {
        std::vector<std::string> words{"restore", "shop", "--backup", id_, "--into", "fresh"};
        if (!confirm.empty()) words.insert(words.end(), {"--confirm", confirm});
        return words;
    }
    Ran restore(const std::string& confirm = project_place) const {
        return site_.run(words(confirm));
    }

    /// In a copy of the dump's folder: `first`, and what README.txt has for a new project.
    void load_by_hand(const std::string& first) const {
        const fs::path copy = site_.state().parent_path() / "copy";
        fs::remove_all(copy);
        fs::copy(site_.dumps() / id_, copy, fs::copy_options::recursive);
        const TestPostgres& server = hosted_->server();
        std::string script = "cd '" + copy.string() + "' && export PGHOST='" +
                             server.socket_folder().string() +
                             "' PGUSER=postgres PGDATABASE=project PATH='" + server.bin().string() +
                             "':$PATH && " + first;
        std::ifstream readme(copy / "README.txt");
        bool is_below = false;
        for (std::string line; std::getline(readme, line);) {
            is_below = is_below || line.find("Into a new project") != line.npos;
            if (is_below && line.starts_with("    ")) script += " &&\n" + line;
        }
        const fs::path said = copy / "said";
        const int exit = std::system(("(" + script + ") >" + said.string() + " 2>&1").c_str());
        EXPECT_EQ(exit, 0) << script << "\n" << read_text(said);
    }

    static void expect_same(const std::string& query) {
        EXPECT_EQ(hosted_->value(query), TestPostgres::shared().value("shop", query)) << query;
    }
    static std::string mark(const std::string& state) {
        return "backupwatch restore into a project " + state + " ";
    }
    static void expect_loaded(const std::string& state = "ended") {
        for (const std::string table : users_tables) {
            expect_same(
                "SELECT count(*) || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') "
                "FROM " +
                table + " t"
            );
        }
        for (const char* property : users_properties) expect_same(property);
        EXPECT_TRUE(hosted_->comment().starts_with(mark(state))) << hosted_->comment();
    }
    static void expect_new() {
        EXPECT_EQ(hosted_->value("SELECT count(*) FROM auth.users"), "0");
        EXPECT_EQ(hosted_->value("SELECT count(*) FROM pg_policy"), "0");
        EXPECT_EQ(hosted_->value("SELECT count(*) FROM pg_largeobject_metadata"), "0");
        EXPECT_EQ(
            hosted_->value("SELECT count(*) FROM pg_class "
                           "WHERE relnamespace IN ('public'::regnamespace)"),
            "0"
        );
    }
    /// While it is held a load waits for it, in its transaction.
    class Held {
      public:
        explicit Held(const std::string& lock)
            : holder_([lock] {
                  try {
                      hosted_->as_admin("project", "LOCK TABLE " + lock + "; SELECT pg_sleep(300)");
                  } catch (const std::exception&) {
                      // It is ended below.
                  }
              }) {
            await("the lock", [] { return sessions("query LIKE '%pg_sleep(300)'") == "1"; });
        }
        ~Held() {
            hosted_->as_admin(
                "postgres",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'LOCK TABLE%pg_sleep(300)'"
            );
            holder_.join();
        }

      private:
        std::thread holder_;
    };
    /// A session of that role's that is at work.
    class Sleeper {
      public:
        explicit Sleeper(const std::string& role)
            : sleeper_([role] {
                  try {
                      hosted_->server().run(
                          "psql",
                          {"--no-psqlrc",
                           "--username=" + role,
                           "--dbname=project",
                           "--command=SELECT pg_sleep(200)"}
                      );
                  } catch (const std::exception&) {
                      // It is ended below.
                  }
              }) {}
        ~Sleeper() {
            hosted_->as_admin(
                "postgres",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'SELECT pg_sleep(200)%'"
            );
            sleeper_.join();
        }

      private:
        std::thread sleeper_;
    };
    /// Asked from elsewhere, so as to be none of them.
    static std::string sessions(const std::string& which) {
        return hosted_->server().value(
            "postgres",
            "SELECT count(*) FROM pg_stat_activity WHERE datname = 'project' "
            "AND " +
                which
        );
    }
    void configure(const std::string& drill = "") {
        site_.configure(
            "        preset: supabase\n" + drill,
            "restore_targets: [{name: fresh, url: \"" + hosted_->url() + "\"}]\n"
        );
    }
    void kill_while_it_verifies() {
        configure("        drill: {verify: {queries: [\"SELECT pg_sleep(90)\"]}}\n");
        const auto killed = site_.start(words());
        await("its query", [] { return sessions("query LIKE '%pg_sleep(90)%'") == "1"; });
        killed->send(SIGKILL);
        killed->wait();
        await("its sessions to end", [] {
            return sessions("application_name = 'backupwatch_restore'") == "0";
        });
        configure();
    }
    static std::string waiting_loads() {
        return sessions("application_name = 'backupwatch_restore' AND wait_event_type = 'Lock'");
    }

    static inline std::unique_ptr<Site> origin_;
    static inline std::unique_ptr<HostedServer> hosted_;
    static inline std::string id_;
    Site site_;
};

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
        "DELETE FROM pgmq.meta WHERE queue_name <> 'shut'"
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
    const std::string attached = ran.out.substr(ran.out.find("queues that are not in the backup"));
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

TEST_F(ProjectRestore, killed_at_a_step_is_begun_anew_and_says_what_it_found) {
    for (const char* lock :
         {"storage.objects IN ACCESS SHARE MODE", "auth.sessions IN SHARE MODE"}) {
        SCOPED_TRACE(lock);
        for (const bool is_program : {true, false}) {
            SCOPED_TRACE(is_program);
            hosted_->renew();
            std::optional<Held> held(std::in_place, lock);
            const auto killed = site_.start(words());
            await("its load", [] { return waiting_loads() == "1"; });
            if (is_program) {
                killed->send(SIGKILL);
            } else {
                ::kill(await_process_in(site_.work(), "/psql "), SIGKILL);
            }
            const Ran ran = killed->wait();
            EXPECT_NE(ran.exit_code, 0);
            held.reset();
            expect_new();
            EXPECT_EQ(hosted_->comment().find(mark("begun")), 0U);

            const Ran again = restore();
            EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
            EXPECT_NE(again.out.find("was interrupted, and has left nothing in it"), again.out.npos)
                << again.out;
            expect_loaded();
        }
    }
}

TEST_F(ProjectRestore, killed_while_it_verifies_is_verified_by_the_same_command) {
    kill_while_it_verifies();
    expect_loaded("loaded");

    const Ran shown = restore("");
    EXPECT_EQ(shown.exit_code, only_shown_yet);
    EXPECT_NE(shown.out.find("it is verified as it is now, and nothing is loaded"), shown.out.npos)
        << shown.out;
    const Ran again = restore();
    EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
    for (const char* told :
         {"already loaded at ",
          "loaded already and verified now",
          "storage.prefixes: empty in the backup, and the project had none",
          "Schedule the cron jobs (2) again"}) {
        EXPECT_NE(again.out.find(told), again.out.npos) << told << "\n" << again.out;
    }
    expect_loaded();
    const Ran ended = restore();
    EXPECT_EQ(ended.exit_code, refused_or_failed);
    EXPECT_NE(ended.out.find("whose restore came to its end"), ended.out.npos) << ended.out;
}

TEST_F(ProjectRestore, that_was_loaded_and_written_to_since_is_told_and_left_as_it_is) {
    kill_while_it_verifies();
    hosted_->as_admin("project", "DELETE FROM public.comments WHERE id <= 3");

    const Ran again = restore();
    EXPECT_EQ(again.exit_code, refused_or_failed) << again.out;
    EXPECT_NE(again.out.find("public.comments: 3 of 400 rows missing"), again.out.npos)
        << again.out << again.err;
    EXPECT_NE(again.out.find("may have been used since"), again.out.npos) << again.out;
    EXPECT_EQ(hosted_->value("SELECT count(*) FROM public.comments"), "397");
    EXPECT_TRUE(hosted_->comment().starts_with(mark("ended"))) << hosted_->comment();
}

TEST_F(ProjectRestore, whose_queue_was_opened_since_is_told) {
    kill_while_it_verifies();
    hosted_->as_admin("project", "ALTER TABLE pgmq.q_shut DISABLE ROW LEVEL SECURITY");

    const Ran again = restore();
    EXPECT_EQ(again.exit_code, refused_or_failed) << again.out;
    EXPECT_NE(again.out.find("row-level security of pgmq.q_shut is missing"), again.out.npos)
        << again.out << again.err;
}

TEST_F(ProjectRestore, killed_at_any_moment_leaves_a_project_that_is_new_or_loaded) {
    // The first finds cold what the later ones have, and would have all of them killed too late.
    ASSERT_EQ(restore().exit_code, 0);
    hosted_->renew();
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(restore().exit_code, 0);
    const auto took = std::chrono::steady_clock::now() - began;
    constexpr int moments = 12;
    int new_ones = 0;
    for (int i = 1; i <= moments; ++i) {
        SCOPED_TRACE(i);
        hosted_->renew();
        const auto killed = site_.start(words());
        std::this_thread::sleep_for(took * i / (moments + 1));
        killed->send(SIGKILL);
        killed->wait();
        await("its sessions to end", [] {
            return sessions("application_name = 'backupwatch_restore'") == "0";
        });
        const std::string comment = hosted_->comment();
        const bool has_ended = comment.starts_with(mark("ended"));
        const bool is_loaded = has_ended || comment.starts_with(mark("loaded"));
        if (is_loaded) {
            expect_loaded(has_ended ? "ended" : "loaded");
        } else {
            ++new_ones;
            expect_new();
        }
        const Ran again = restore();
        EXPECT_EQ(again.exit_code, has_ended ? refused_or_failed : 0) << again.out << again.err;
        expect_loaded();
    }
    EXPECT_GT(new_ones, 0) << "no kill came before its end";
}

}  // namespace
}  // namespace backupwatch
