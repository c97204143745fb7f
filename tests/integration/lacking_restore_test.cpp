#include "drill/drill.hpp"
#include "dump_fixture.hpp"
#include "postgres/roles.hpp"

#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

/// Drills of real dumps on a machine that lacks something that the source had.
class LackingRestore : public DumpTest {
  protected:
    /// One template of a cluster serves all of them.
    static void SetUpTestSuite() {
        shared = std::make_unique<TemporaryFolder>();
        fs::permissions(shared->path(), fs::perms(0711));
    }
    static void TearDownTestSuite() { shared.reset(); }

    DrillReport drill(std::vector<std::string> queries = {}) {
        const auto source = make(plan());
        DrillJob job;
        job.database = "shop";
        job.set = "nightly";
        job.source = source.get();
        job.backup = take(*source);
        job.settings.verify.content = job.settings.verify.rows = true;
        job.settings.queries.texts = std::move(queries);
        return run_on(loop_, driller_.run(std::move(job), [](const Progress&) {}));
    }

    /// An extension that no server has: one that is there, under another name.
    void have_extension(const std::string& real, const std::string& name) {
        server_.execute("shop", "CREATE EXTENSION " + real);
        server_.execute(
            "shop",
            "UPDATE pg_extension SET extname = '" + name + "' WHERE extname = '" + real + "'"
        );
    }

    /// The table and the sequence that a scheduler's extension keeps its jobs in.
    void have_scheduler() {
        have_extension("pageinspect", "pg_cron");
        server_.execute(
            "shop",
            "CREATE SCHEMA cron; CREATE TABLE cron.job (id serial, command text);"
            "ALTER EXTENSION pg_cron ADD SCHEMA cron; ALTER EXTENSION pg_cron ADD TABLE cron.job;"
            "ALTER EXTENSION pg_cron ADD SEQUENCE cron.job_id_seq;"
            "UPDATE pg_extension SET extconfig = ARRAY['cron.job'::regclass::oid, "
            "'cron.job_id_seq'::regclass::oid], extcondition = ARRAY['', ''] "
            "WHERE extname = 'pg_cron';"
            "GRANT USAGE ON SCHEMA cron TO PUBLIC; GRANT SELECT ON cron.job TO PUBLIC;"
            "COMMENT ON EXTENSION pg_cron IS 'jobs'"
        );
    }

    static std::string text_of(const std::vector<SkippedPart>& skipped) {
        std::string text;
        for (const auto& part : skipped) text += part.what + ": " + part.why + "\n";
        return text;
    }

    static std::string errors_of(const DrillReport& report) {
        std::string text;
        for (const auto& error : report.verification.errors) text += error + "\n";
        return text;
    }

    static inline std::unique_ptr<TemporaryFolder> shared;
    Driller driller_{*shared / "work", *clock_, pool_};
};

TEST_F(LackingRestore, of_an_extension_that_a_column_needs_is_unknown_and_names_the_package) {
    have_extension("hstore", "postgis");
    server_.execute("shop", "CREATE TABLE places (id int, place hstore)");

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_EQ(
        errors_of(report),
        "the extension postgis is not installed for PostgreSQL 15 here: install "
        "postgresql-15-postgis-3, then drill again.\n"
    );
}

TEST_F(LackingRestore, of_an_extension_that_nothing_needs_passes_and_says_so) {
    have_scheduler();
    server_.execute("shop", "CREATE TABLE posts AS SELECT generate_series(1, 100) AS id");

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(
        text_of(report.verification.skipped),
        "extension pg_cron: not installed here, nothing depends on it\n"
        "what belongs to extensions (4): they were left out\n"
    );
    ASSERT_EQ(report.verification.tables.size(), 1u);
    EXPECT_EQ(report.verified_rows(), 100u);
    ASSERT_EQ(report.commands.size(), 5u);
    EXPECT_TRUE(report.commands[3].starts_with("pg_restore --list archive | grep -vE '^("));
    EXPECT_NE(report.commands[4].find("--use-list=restore.list"), std::string::npos);
}

TEST_F(LackingRestore, of_an_extension_that_a_configured_query_may_need_is_unknown) {
    have_scheduler();

    const DrillReport report = drill({"SELECT * FROM cron.job"});

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_TRUE(errors_of(report).starts_with("the extension pg_cron is not installed for "))
        << errors_of(report);
    EXPECT_NE(errors_of(report).find("SELECT * FROM cron.job"), std::string::npos);
}

TEST_F(LackingRestore, of_an_extension_whose_table_has_rows_is_unknown) {
    have_scheduler();
    server_.execute("shop", "INSERT INTO cron.job (command) VALUES ('VACUUM')");

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_NE(errors_of(report).find("install postgresql-15-cron"), std::string::npos)
        << errors_of(report);
}

TEST_F(LackingRestore, of_an_extension_that_only_the_text_of_a_function_needs_is_unknown) {
    have_extension("pg_trgm", "trigrams");
    server_.execute(
        "shop",
        "CREATE FUNCTION like_a(t text) RETURNS real LANGUAGE plpgsql IMMUTABLE AS "
        "'BEGIN RETURN public.similarity(t, ''a''); END';"
        "CREATE TABLE posts AS SELECT 'a' AS body; CREATE INDEX ON posts (like_a(body))"
    );

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_NE(errors_of(report).find("the extension trigrams is not installed"), std::string::npos)
        << errors_of(report);
}

TEST_F(LackingRestore, of_a_library_of_a_function_is_unknown) {
    server_.execute(
        "shop",
        "CREATE EXTENSION hstore; CREATE FUNCTION own() RETURNS int LANGUAGE c AS "
        "'$libdir/hstore', 'hstore_in'; DROP EXTENSION hstore;"
        "UPDATE pg_proc SET probin = '$libdir/own_library' WHERE proname = 'own'"
    );

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_TRUE(errors_of(report).starts_with("the library own_library is not installed here: "))
        << errors_of(report);
}

TEST_F(LackingRestore, of_a_locale_of_a_column_is_unknown) {
    server_.execute("shop", "CREATE COLLATION own (locale = 'C.UTF-8')");
    server_.execute("shop", "CREATE TABLE posts (body text COLLATE own)");
    server_.execute(
        "shop",
        "UPDATE pg_collation SET collcollate = 'xx_XX', collctype = 'xx_XX' WHERE collname = 'own'"
    );

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_TRUE(errors_of(report).starts_with("the locale xx_XX is not installed here: install "))
        << errors_of(report);
}

TEST_F(LackingRestore, of_a_provider_of_security_labels_passes_and_says_so) {
    server_.execute(
        "shop",
        "CREATE TABLE posts (id int);"
        "INSERT INTO pg_seclabel VALUES ('posts'::regclass, 'pg_class'::regclass, 0, 'anon', 'x')"
    );

    const DrillReport report = drill();

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(
        text_of(report.verification.skipped), "security labels of anon: not installed here\n"
    );
}

/// Restores a dump whose globals.sql makes no roles into a server that has none of them.
class WithoutRoles : public LackingRestore {
  protected:
    Source::Restored restored_without_roles(
        const std::string& statements,
        const std::function<void(const Archive&)>& beforehand = [](const Archive&) {}
    ) {
        server_.execute("postgres", "CREATE ROLE app; CREATE ROLE \"we\"\"ird; role\"");
        server_.execute("shop", statements);
        const auto source = make(plan());
        const Backup backup = take(*source);
        const Manifest manifest = run_on(loop_, source->manifest(backup.id));
        server_.execute("postgres", "DROP DATABASE shop");
        server_.execute("postgres", "DROP ROLE app; DROP ROLE \"we\"\"ird; role\"");
        const Sandbox where = sandbox();
        run_on(loop_, source->fetch(backup.id, where, {}));
        std::ofstream(where.folder / "globals.sql") << "-- none\n";
        std::ostringstream toc;
        toc << std::ifstream(where.folder / "archive/toc.dat").rdbuf();
        beforehand(parse_archive(toc.str()));
        return run_on(loop_, source->restore(manifest, where, [](auto&) {}, {}));
    }
    ~WithoutRoles() override {
        server_.execute("postgres", "DROP DATABASE IF EXISTS restored WITH (FORCE)");
    }
};

TEST_F(WithoutRoles, objects_have_another_owner_and_nothing_is_damaged) {
    const auto restored = restored_without_roles(
        "CREATE TABLE posts (id int); ALTER TABLE posts OWNER TO app;"
        "CREATE SCHEMA own AUTHORIZATION app; SELECT lo_from_bytea(4711, '\\x00');"
        "ALTER LARGE OBJECT 4711 OWNER TO app; GRANT SELECT ON posts TO \"we\"\"ird; role\";"
        "ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO \"we\"\"ird; role\""
    );

    EXPECT_EQ(restored.errors, std::vector<std::string>());
    EXPECT_TRUE(restored.missing.empty());
    const std::string notes = text_of(restored.notes);
    EXPECT_NE(notes.find("owner app (3 times): the role is not here"), notes.npos) << notes;
    EXPECT_NE(notes.find("rights of we\"ird; role"), notes.npos) << notes;
}

TEST_F(WithoutRoles, a_policy_is_not_there_which_is_damage) {
    const auto restored = restored_without_roles(
        "CREATE TABLE posts (id int); CREATE POLICY own ON posts TO app USING (true)"
    );

    ASSERT_EQ(restored.errors.size(), 1u) << text_of(restored.notes);
    EXPECT_TRUE(restored.errors[0].starts_with("POLICY posts own postgres: "))
        << restored.errors[0];
    EXPECT_NE(restored.errors[0].find("role \"app\" does not exist"), std::string::npos);
}

TEST_F(WithoutRoles, that_are_made_beforehand_nothing_is_missing) {
    std::vector<std::string> refused{"not asked"};
    const auto restored = restored_without_roles(
        "CREATE TABLE posts (id int); ALTER TABLE posts OWNER TO app;"
        "ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO \"we\"\"ird; role\";"
        "CREATE POLICY own ON posts TO \"we\"\"ird; role\" USING (true);"
        "GRANT SELECT (id) ON posts TO \"we\"\"ird; role\"",
        [&](const Archive& archive) {
            auto roles = roles_in(archive);
            EXPECT_TRUE(roles.contains("app") && roles.contains("we\"ird; role"));
            roles.insert("no\xff text");
            const Secret conninfo(server_.url("postgres"));
            refused = run_on(loop_, make_roles(conninfo, roles, "postgres", patience));
        }
    );

    EXPECT_EQ(refused.size(), 1u);
    EXPECT_EQ(restored.errors, std::vector<std::string>());
    EXPECT_EQ(text_of(restored.notes), "");
    const std::string made =
        "SELECT count(*) FROM pg_roles WHERE NOT rolcanlogin AND rolname IN "
        "('app', 'we\"ird; role')";
    EXPECT_EQ(server_.value("postgres", made), "2");
    server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
    server_.execute("postgres", "DROP ROLE app; DROP ROLE \"we\"\"ird; role\"");
}

}  // namespace
}  // namespace backupwatch
