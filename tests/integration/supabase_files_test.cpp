// Whole dumps of `supabase db dump`, in each form that they have, pass with each row.
#include "supabase_files.hpp"

#include "sources/foreign/psql_log.hpp"

namespace backupwatch {
namespace {

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
TEST_F(FilesOfSupabase, D9_may_have_them_also_where_they_are_commands_unknown_to_psql) {
    std::ofstream(folder_ / "old.sql") << "\\restrikt abc\nSELECT 4711;\n\\unrestrikt abc\n";
    const fs::path said = words_of_psql(server_, "shop", folder_ / "old.sql");

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

TEST_F(FilesOfSupabase, D11_are_drilled_again_as_if_for_the_first_time) {
    dump_files("night");
    EXPECT_EQ(drill("night").result, DrillOutcome::Result::passed);
    EXPECT_EQ(drill("night").result, DrillOutcome::Result::passed);
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
