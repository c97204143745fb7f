// What is lost from such a dump, or does not fit, fails its drill by name.
#include "sources/foreign/psql_log.hpp"
#include "supabase_files.hpp"

namespace backupwatch {
namespace {

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
    for (const Case& one : cases) {
        const fs::path said = words_of_psql(stock, "bare", folder_ / "night" / one.file);
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
        errors_of(report).find("public.posts has lost all of its 400 rows, against before: "),
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

}  // namespace
}  // namespace backupwatch
