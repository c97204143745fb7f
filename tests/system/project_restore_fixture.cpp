#include "system/project_restore_fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

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
    "SELECT has_table_privilege('anon', 'pgmq.a_halved', 'SELECT')",
    "SELECT md5(string_agg(a::text, '')) FROM pgmq.a_halved a",
    "SELECT md5(lo_get(4242))",
    "SELECT count(*) FROM public.payments",
    "SELECT md5(string_agg(q::text, '' ORDER BY q.msg_id)) FROM pgmq.q_mails q",
    "SELECT has_table_privilege('anon', 'public.payments', 'SELECT')",
    "SELECT has_table_privilege('anon', 'public.posts', 'SELECT')"};

}  // namespace

void ProjectRestore::SetUpTestSuite() {
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
    // A queue that holds messages, one that has held some, one that its user has closed, and one of
    // which the archive alone belongs to its extension no more.
    old.execute_file("shop", queues_stand_in);
    old.execute(
        "shop",
        "SELECT pgmq.create('mails'), pgmq.create('idle'), pgmq.create('shut');"
        "SELECT pgmq.detach('mails'), pgmq.detach('idle'), pgmq.detach('shut');"
        "SELECT pgmq.create('halved');"
        "ALTER EXTENSION pgmq DROP TABLE pgmq.a_halved;"
        "INSERT INTO pgmq.a_halved (msg_id, archived_at) VALUES (1, '2026-02-01');"
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
        "ALTER TABLE pgmq.a_halved ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY \"own archive\" ON pgmq.a_halved TO authenticated USING (true);"
        "GRANT SELECT ON pgmq.a_halved TO anon;"
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
        // The last two belong to their extension, as with pgmq before 1.6.
        "SELECT pgmq.create('mails'), pgmq.create('idle'), pgmq.create('shut'), "
        "pgmq.create('halved');"
        "SELECT pgmq.detach('mails'), pgmq.detach('idle')"
    );
}

void ProjectRestore::TearDownTestSuite() {
    hosted_.reset();
    origin_.reset();
    TestPostgres::shared().execute("postgres", "DROP DATABASE shop");
}

ProjectRestore::ProjectRestore() : site_(TestPostgres::shared().url("shop", "project_owner")) {
    fs::copy(origin_->dumps(), site_.dumps(), fs::copy_options::recursive);
    configure();
    hosted_->renew();
}

void ProjectRestore::load_by_hand(const std::string& first) const {
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

void ProjectRestore::expect_loaded(const std::string& state) {
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

void ProjectRestore::expect_new() {
    EXPECT_EQ(hosted_->value("SELECT count(*) FROM auth.users"), "0");
    EXPECT_EQ(hosted_->value("SELECT count(*) FROM pg_policy"), "0");
    EXPECT_EQ(hosted_->value("SELECT count(*) FROM pg_largeobject_metadata"), "0");
    EXPECT_EQ(
        hosted_->value("SELECT count(*) FROM pg_class "
                       "WHERE relnamespace IN ('public'::regnamespace)"),
        "0"
    );
}

}  // namespace backupwatch
