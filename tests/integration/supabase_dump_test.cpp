#include "sources/dump/file.hpp"
#include "supabase_fixture.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

class SupabaseDump : public SupabaseTest {
  protected:
    Manifest manifest_of(Source& source, const std::string& id) {
        return run_on(loop_, source.manifest(id));
    }

    static bool holds(const Manifest& manifest, const std::string& kind, const std::string& name) {
        return std::ranges::any_of(manifest.schema, [&](const SchemaObject& object) {
            return object.kind == kind && object.name == name;
        });
    }
};

TEST_F(SupabaseDump, holds_what_is_the_users_and_names_what_it_cannot_hold) {
    const auto source = make(project_plan());

    const Manifest manifest = manifest_of(*source, take(*source).id);

    EXPECT_TRUE(manifest.is_of_supabase);
    const std::vector<std::pair<const char*, const char*>> users{
        {"table", "public.posts"},
        {"table", "auth.users"},
        {"table", "storage.objects"},
        {"table", "supabase_migrations.schema_migrations"},
        {"trigger", "auth.users.on_auth_user_created"},
        {"trigger", "public.posts.on_post"},
        {"policy", "storage.objects.\"own avatars\""},
        {"policy", "public.posts.\"own posts\""},
        {"event trigger", "users_own"},
        {"publication", "supabase_realtime"},
        {"published table", "public.posts.supabase_realtime"},
        {"function", "supabase_functions.http_request()"},
        {"materialized view", "public.post_counts"},
    };
    for (const auto& [kind, name] : users) EXPECT_TRUE(holds(manifest, kind, name)) << name;
    for (const char* schema : {"realtime", "vault", "pgbouncer", "graphql_public", "net"}) {
        EXPECT_FALSE(holds(manifest, "schema", schema)) << schema;
    }
    for (const auto& table : manifest.tables) {
        EXPECT_FALSE(table.name.starts_with("realtime.")) << table.name;
        EXPECT_FALSE(table.name.starts_with("vault.")) << table.name;
    }
    std::string not_held;
    for (const auto& part : manifest.not_held) not_held += part.what + "\n";
    EXPECT_EQ(
        not_held,
        "Edge Functions, and the project's settings and keys\npasswords of roles\n"
        "files of Storage (30)\nsecrets of the vault\nthe work of cron jobs (2)\n"
        "schema graphql\nschema graphql_public\nschema net\nschema pgbouncer\nschema realtime\n"
        "schema vault\npolicy \"members hear their room\" on realtime.messages\n"
    );
}

TEST_F(SupabaseDump, says_of_queues_that_belong_to_their_extension_that_it_lacks_them) {
    server_.execute_file("shop", SOURCE_DIR "/tests/support/pgmq.sql");
    server_.execute(
        "shop",
        "SELECT pgmq.create('mails'), pgmq.create('idle'), pgmq.create('closed');"
        "INSERT INTO pgmq.q_mails (message) SELECT '{}' FROM generate_series(1, 3);"
        "INSERT INTO pgmq.a_mails (msg_id) VALUES (4);"
        "INSERT INTO pgmq.q_closed (message) VALUES ('{}');"
        "GRANT SELECT ON pgmq.q_mails, pgmq.a_mails TO project_owner"
    );
    const auto source = make(project_plan());

    const Backup backup = take(*source);

    const Manifest manifest = manifest_of(*source, backup.id);
    std::string queues;
    std::string remedy;
    for (const NotHeld& part : manifest.not_held) {
        if (!part.what.starts_with("the queue ")) continue;
        queues += part.what + "\n";
        remedy += part.why.substr(part.why.find("`ALTER EXTENSION") + 1);
        remedy.pop_back();
    }
    EXPECT_EQ(
        queues,
        "the queue closed (the role may not count them)\nthe queue idle\nthe queue mails (4)\n"
    );
    EXPECT_NE(backup.lacks.find("the queues closed"), backup.lacks.npos) << backup.lacks;
    EXPECT_EQ(run_on(loop_, source->list()).backups.back().lacks, backup.lacks);
    const DrillReport report = drill(*source, backup.id);
    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_NE(skipped_of(report, true).find("the queue mails (4): "), std::string::npos);

    // Once it is mended, the next one has them.
    server_.execute("shop", remedy);
    server_.execute("shop", "GRANT SELECT ON ALL TABLES IN SCHEMA pgmq TO project_owner");
    server_.execute("shop", "GRANT SELECT ON ALL SEQUENCES IN SCHEMA pgmq TO project_owner");
    const Backup mended = take(*source);
    EXPECT_EQ(mended.lacks, "");
    const DrillReport proof = drill(*source, mended.id);
    EXPECT_EQ(proof.result, DrillOutcome::Result::passed) << errors_of(proof);
    const VerifiedTable* mails = table_in(proof, "pgmq.q_mails");
    ASSERT_NE(mails, nullptr);
    EXPECT_EQ(mails->rows, 3u);
}

TEST_F(SupabaseDump, passes_a_drill_on_stock_postgresql_row_by_row_with_nothing_skipped_silently) {
    const auto source = make(project_plan());
    const Backup backup = take(*source);

    const DrillReport report = drill(*source, backup.id);

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    const std::vector<std::pair<const char*, std::uint64_t>> rows{
        {"auth.users", 50},
        {"auth.identities", 50},
        {"public.profiles", 50},
        {"public.posts", 400},
        {"public.comments", 400},
        {"storage.objects", 30},
        {"storage.buckets", 2},
        {"cron.job", 2},
        {"supabase_functions.hooks", 0},
    };
    for (const auto& [name, count] : rows) {
        const VerifiedTable* table = table_in(report, name);
        ASSERT_NE(table, nullptr) << name;
        EXPECT_TRUE(table->ok && table->compared) << name;
        EXPECT_EQ(table->rows, count) << name;
        EXPECT_EQ(table->hash, table->expected_hash) << name;
    }
    EXPECT_EQ(
        skipped_of(report, false),
        "what is set for the database itself: no drill sets it; globals.sql does, by hand\n"
    );
    const std::string platform = skipped_of(report, true);
    for (const char* what :
         {"extension pg_cron: ",
          "extension pg_net: ",
          "extension supabase_vault: ",
          "extension pg_graphql: ",
          "secrets of the vault: ",
          "files of Storage (30): ",
          "schema realtime: ",
          "policy \"members hear their room\" on realtime.messages: "}) {
        EXPECT_NE(platform.find(what), std::string::npos) << what << "in\n" << platform;
    }
}

TEST_F(SupabaseDump, D7_with_what_depends_on_the_vault_cannot_be_drilled_and_names_it) {
    server_.execute("shop", "CREATE VIEW public.keys AS SELECT name FROM vault.secrets");
    const auto source = make(project_plan());

    const DrillReport report = drill(*source, take(*source).id);

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown) << errors_of(report);
    EXPECT_NE(errors_of(report).find("the extension supabase_vault"), std::string::npos)
        << errors_of(report);
}

TEST_F(SupabaseDump, D15_fires_no_trigger_and_calls_nobody_while_it_is_drilled) {
    if (!fence_abilities().seccomp) GTEST_SKIP() << no_filter;
    const TcpListener listener;
    server_.execute("shop", calls_out(listener.port()));
    expect_to_hear_calls(server_);
    const auto source = make(project_plan());
    DrillSettings settings;
    settings.queries.texts = {refused_calls};

    const DrillReport report = drill(*source, take(*source).id, settings);

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_FALSE(listener.was_called());
    // Both were tried.
    EXPECT_EQ(check_in(report, std::string("query: ") + refused_calls), "2 rows");
    for (const char* untouched : {"public.fired", "supabase_functions.hooks"}) {
        const VerifiedTable* table = table_in(report, untouched);
        ASSERT_NE(table, nullptr) << untouched;
        EXPECT_TRUE(table->ok && table->compared) << untouched;
        EXPECT_EQ(table->rows, 0u) << untouched;
    }
}

TEST_F(SupabaseDump, is_restored_by_the_commands_that_its_drill_prints) {
    const auto source = make(project_plan());
    const Backup backup = take(*source);
    const DrillReport report = drill(*source, backup.id);
    ASSERT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    const fs::path copy = directory_ / "copy";
    fs::copy(plan().directory / backup.id, copy, fs::copy_options::recursive);
    std::string script = "cd '" + copy.string() + "' && export PGHOST='" +
                         server_.socket_folder().string() +
                         "' PGUSER=postgres PGOPTIONS='-c "
                         "client_min_messages=error' PATH=" +
                         server_.bin().string() + ":$PATH";
    // Its roles are there already, which the printed command says is no harm.
    for (const std::string& command : report.commands) script += " && " + command;
    server_.execute("postgres", "DROP DATABASE IF EXISTS restored");

    const fs::path said = directory_ / "said";
    const int exit = std::system(("(" + script + ") >" + said.string() + " 2>&1").c_str());

    // The owner of the event trigger, which pg_restore ignores, and ends with 1.
    const std::string text = read_file(said, 1 << 24);
    EXPECT_EQ(WEXITSTATUS(exit), 1) << text;
    const auto error = text.find("pg_restore: error: ");
    EXPECT_NE(text.find("change owner of event trigger", error), std::string::npos) << text;
    EXPECT_EQ(text.find("pg_restore: error: ", error + 1), std::string::npos) << text;

    EXPECT_EQ(server_.value("restored", "SELECT count(*) FROM public.posts"), "400");
    EXPECT_EQ(server_.value("restored", "SELECT count(*) FROM cron.job"), "2");
    server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
}

TEST_F(SupabaseDump, without_its_preset_is_refused_for_what_the_role_may_not_read) {
    DumpPlan unaware = project_plan();
    unaware.is_of_supabase = false;

    const auto failure = failure_of(unaware);

    EXPECT_EQ(failure->kind(), Failure::Kind::denied);
    EXPECT_NE(std::string(failure->what()).find("vault.secrets"), std::string::npos)
        << failure->what();
}

TEST_F(SupabaseDump, goes_without_what_is_no_users_and_its_role_may_not_read) {
    server_.execute(
        "shop",
        "CREATE TABLE supabase_functions.migrations (version text);"
        "REVOKE ALL ON SEQUENCE cron.jobid_seq, supabase_functions.hooks_id_seq FROM project_owner;"
        "REVOKE ALL ON storage.migrations, supabase_functions.hooks "
        "FROM project_owner, anon, authenticated, service_role"
    );
    const auto source = make(project_plan());

    const Backup backup = take(*source);
    const DrillReport report = drill(*source, backup.id);

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    const VerifiedTable* jobs = table_in(report, "cron.job");
    EXPECT_TRUE(jobs != nullptr && jobs->ok && jobs->rows == 2);
    const std::string skipped = skipped_of(report, true);
    const std::string readme = read_file(plan().directory / backup.id / "README.txt", 1 << 20);
    const std::string why =
        ": left out, as the role project_owner may not read it: GRANT pg_read_all_data TO "
        "project_owner";
    for (const char* what :
         {"sequence cron.jobid_seq",
          "table storage.migrations",
          "table supabase_functions.hooks",
          "table supabase_functions.migrations",
          "sequence supabase_functions.hooks_id_seq"}) {
        EXPECT_NE(skipped.find(what + why), std::string::npos) << what << "\n" << skipped;
        EXPECT_NE(readme.find(what + why), std::string::npos) << what << "\n" << readme;
    }
    EXPECT_NE(skipped.find("the work of cron jobs (2)"), std::string::npos) << skipped;
    EXPECT_EQ(manifest_of(*source, backup.id).excluded_tables.size(), 0u);
}

TEST_F(SupabaseDump, goes_without_cron_jobs_and_says_so) {
    server_.execute("shop", "REVOKE USAGE ON SCHEMA cron FROM project_owner CASCADE");
    const auto source = make(project_plan());

    const DrillReport report = drill(*source, take(*source).id);

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(table_in(report, "cron.job"), nullptr);
    const std::string skipped = skipped_of(report, true);
    EXPECT_NE(skipped.find("table cron.job: left out"), std::string::npos) << skipped;
    EXPECT_EQ(skipped.find("the jobs are in the dump"), std::string::npos) << skipped;
}

TEST_F(SupabaseDump, is_refused_for_what_is_the_users_alone) {
    server_.execute(
        "shop",
        "CREATE TABLE cron.notes (id int);"
        "REVOKE ALL ON SEQUENCE cron.jobid_seq, auth.refresh_tokens_id_seq FROM project_owner;"
        "REVOKE ALL ON auth.users FROM project_owner"
    );

    const auto failure = failure_of(project_plan());

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::denied);
    EXPECT_STREQ(
        failure->what(),
        "the role project_owner may not read auth.refresh_tokens_id_seq, auth.users and cron.notes"
    );
    EXPECT_EQ(failure->hint(), "GRANT pg_read_all_data TO project_owner.");
}

TEST_F(SupabaseDump, of_excluded_tables_needs_no_right_to_their_sequences) {
    server_.execute("shop", "CREATE TABLE public.closed (id serial, PRIMARY KEY (id))");
    DumpPlan excluding = project_plan();
    excluding.exclude_tables = {"public.closed"};
    const auto source = make(excluding);

    const DrillReport report = drill(*source, take(*source).id);

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
}

TEST_F(SupabaseDump, D4_by_a_role_that_policies_keep_from_rows_is_refused) {
    server_.execute("postgres", "ALTER ROLE project_owner NOBYPASSRLS");

    const auto failure = failure_of(project_plan());

    server_.execute("postgres", "ALTER ROLE project_owner BYPASSRLS");
    EXPECT_EQ(failure->kind(), Failure::Kind::denied);
    EXPECT_NE(std::string(failure->what()).find("row-level security"), std::string::npos)
        << failure->what();
}

TEST_F(SupabaseDump, through_the_transaction_pooler_is_refused_before_anything_is_asked) {
    DumpPlan pooled = project_plan();
    pooled.url = Secret(
        "postgresql://postgres.abcdefghijklmnopqrst:x@aws-0-eu-west-3.pooler."
        "supabase.com:6543/postgres"
    );

    const auto failure = failure_of(pooled);

    EXPECT_EQ(failure->kind(), Failure::Kind::rejected);
    EXPECT_NE(std::string(failure->what()).find("transaction pooler"), std::string::npos);
    EXPECT_NE(failure->hint().find("5432"), std::string::npos) << failure->hint();
}

}  // namespace
}  // namespace backupwatch
