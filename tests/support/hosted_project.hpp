#pragma once
#include "fakes/test_postgres.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace backupwatch {

/// Of the layout: its user's tables, and the platform's with rows of theirs.
inline constexpr const char* users_tables[] = {
    "auth.users",
    "auth.identities",
    "auth.sessions",
    "auth.refresh_tokens",
    "auth.audit_log_entries",
    "auth.one_time_tokens",
    "storage.buckets",
    "storage.objects",
    "public.profiles",
    "public.posts",
    "public.comments",
    "public.post_counts",
    "supabase_migrations.schema_migrations"};

/// A server of Supabase's with one project, whose database is `project`: it lets its `postgres` do
/// what a hosted one may, and no more. `supabase_admin` is the superuser there.
class HostedServer {
  public:
    HostedServer() {
        server_.execute("postgres", "CREATE ROLE supabase_admin SUPERUSER LOGIN");
        server_.create_database("new_project");
        std::ostringstream layout;
        layout << std::ifstream(SOURCE_DIR "/tests/support/supabase_layout.sql").rdbuf();
        const std::string text = layout.str();
        const auto users_part = text.find("-- What the user made.");
        if (users_part == text.npos) throw std::runtime_error("the layout has no user's part");
        const auto script = server_.socket_folder() / "platform.sql";
        std::ofstream(script) << text.substr(0, users_part);
        run_as_admin("new_project", "--file=" + script.string());
        as_admin("new_project", R"(
GRANT USAGE ON SCHEMA auth, storage, extensions, realtime, supabase_functions, cron, net
    TO postgres;
GRANT ALL ON ALL TABLES IN SCHEMA auth, storage, cron, net, supabase_functions TO postgres;
GRANT ALL ON ALL SEQUENCES IN SCHEMA auth, storage, cron, supabase_functions TO postgres;
GRANT supabase_storage_admin, pg_monitor, authenticated TO postgres;
GRANT USAGE ON SCHEMA auth, storage TO anon, authenticated, service_role;
GRANT ALL ON ALL TABLES IN SCHEMA storage TO anon, authenticated, service_role;
-- As the platform's migrations have it.
CREATE TABLE storage.buckets_vectors (id text PRIMARY KEY, type text);
CREATE TABLE storage.vector_indexes (id text PRIMARY KEY, bucket_id text);
GRANT SELECT ON storage.buckets_vectors, storage.vector_indexes
    TO service_role, authenticated, anon, postgres;
CREATE TABLE storage.s3_multipart_uploads (id text PRIMARY KEY);
ALTER TABLE storage.s3_multipart_uploads OWNER TO supabase_storage_admin;
-- Its event trigger does so where pg_cron is made.
REVOKE ALL ON ALL TABLES IN SCHEMA cron FROM postgres;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA cron FROM postgres;
GRANT SELECT ON ALL TABLES IN SCHEMA cron TO postgres;
REVOKE ALL ON auth.schema_migrations, storage.migrations
    FROM postgres, anon, authenticated, service_role;
GRANT SELECT ON auth.schema_migrations, storage.migrations TO postgres;
-- PostGIS makes its tables for supabase_admin.
CREATE TABLE extensions.spatial_ref_sys (srid int PRIMARY KEY, proj4text text);
GRANT SELECT ON extensions.spatial_ref_sys TO postgres;
-- The server forgets what it was given alone, as if it had it anyway.
GRANT SET ON PARAMETER session_replication_role TO postgres, supabase_admin;
ALTER PUBLICATION supabase_realtime OWNER TO postgres;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public
    GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public
    GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
-- A library that a stock server has not.
ALTER ROLE authenticator RESET session_preload_libraries;
ALTER ROLE postgres NOSUPERUSER CREATEROLE CREATEDB BYPASSRLS)");
        renew();
    }

    /// Nothing of anybody's is in it any more.
    void renew() const {
        as_admin("postgres", "DROP DATABASE IF EXISTS project WITH (FORCE)");
        as_admin("postgres", "CREATE DATABASE project TEMPLATE new_project OWNER postgres");
    }

    void as_admin(const std::string& database, const std::string& sql) const {
        run_as_admin(database, "--command=" + sql);
    }
    std::string url() const { return server_.url("project", "postgres"); }
    std::string value(const std::string& sql) const { return server_.value("project", sql); }
    std::string comment() const {
        return server_.value(
            "postgres",
            "SELECT coalesce(shobj_description(oid, 'pg_database'), 'none') FROM pg_database "
            "WHERE datname = 'project'"
        );
    }
    const TestPostgres& server() const { return server_; }

  private:
    void run_as_admin(const std::string& database, const std::string& what) const {
        server_.run(
            "psql",
            {"--no-psqlrc",
             "--quiet",
             "--set=ON_ERROR_STOP=1",
             "--username=supabase_admin",
             "--dbname=" + database,
             what}
        );
    }

    TestPostgres server_;
};

}  // namespace backupwatch
