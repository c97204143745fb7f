#include "sources/foreign/supabase_reader.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

using Prelude = std::vector<std::string>;

struct Texts {
    std::string roles = "ALTER ROLE \"anon\" SET \"statement_timeout\" TO '3s';\nRESET ALL;\n";
    std::string schema =
        "SET statement_timeout = 0;\n"
        "CREATE TABLE IF NOT EXISTS \"public\".\"posts\" (\"id\" bigint, \"user_id\" \"uuid\");\n"
        "RESET ALL;\n";
    std::string data =
        "SET session_replication_role = replica;\n"
        "COPY \"public\".\"posts\" (\"id\", \"user_id\") FROM stdin;\n1\t\\N\n\\.\n\nRESET ALL;\n";
};

SupabaseContent read(const Texts& texts) {
    SupabaseReader reader;
    const std::pair<SupabaseFile, const std::string&> files[] = {
        {SupabaseFile::roles, texts.roles},
        {SupabaseFile::schema, texts.schema},
        {SupabaseFile::data, texts.data}};
    for (const auto& [file, text] : files) {
        SqlReader sql(reader);
        reader.begin(file);
        sql.add(text);
        sql.finish();
        reader.end();
    }
    return reader.finish();
}

std::string failure_of(const Texts& texts) {
    try {
        read(texts);
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
        return failure.what();
    }
    return "none";
}

Prelude prelude_of(const Texts& texts) {
    return supabase_prelude(read(texts).needs);
}

TEST(SupabaseFiles, hold_what_their_rows_and_statements_say) {
    Texts texts;
    texts.schema.insert(
        texts.schema.find("RESET"),
        "ALTER TABLE \"public\".\"posts\" ENABLE ROW LEVEL SECURITY;\n"
        "CREATE POLICY \"own posts\" ON \"public\".\"posts\" TO \"authenticated\" USING (true);\n"
        "ALTER TABLE \"public\".\"posts\" OWNER TO \"postgres\";\n"
    );
    const SupabaseContent content = read(texts);

    ASSERT_EQ(content.database.tables.size(), 1u);
    EXPECT_EQ(content.database.tables[0].name, "public.posts");
    EXPECT_EQ(content.database.tables[0].rows.count, 1u);
    EXPECT_EQ(content.roles, (std::set<std::string>{"anon", "authenticated", "postgres"}));
    ASSERT_EQ(content.security.size(), 2u);
    EXPECT_EQ(content.security[0].name, "public.posts");
    EXPECT_EQ(content.security[1].name, "public.posts.\"own posts\"");
}

// What it sets holds for its own psql alone, and the drill has one for each file.
TEST(SupabaseFiles, that_set_something_change_no_other_file) {
    Texts texts;
    texts.schema =
        "SET search_path = \"app\";\n"
        "CREATE TABLE IF NOT EXISTS \"public\".\"posts\" (\"id\" bigint);\n"
        "RESET ALL;\n";
    texts.data = "COPY posts (id) FROM stdin;\n1\n\\.\n\nRESET ALL;\n";

    // Not app.posts: of which schema it is, this file does not say.
    try {
        read(texts);
        ADD_FAILURE() << "it was taken for a table of the other file's schema";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::corrupt) << "pg_dump names it: " << failure.what();
    }
}

TEST(SupabaseFiles, need_nothing_of_the_platform_where_they_name_nothing_of_it) {
    EXPECT_EQ(prelude_of(Texts()), Prelude());
}

TEST(SupabaseFiles, need_the_tables_whose_rows_they_hold_and_no_statement_makes) {
    Texts texts;
    texts.schema.insert(
        texts.schema.find("RESET"),
        "ALTER TABLE ONLY \"public\".\"posts\" ADD CONSTRAINT \"posts_user_id_fkey\" FOREIGN KEY "
        "(\"user_id\") REFERENCES \"auth\".\"users\"(\"id\") ON DELETE CASCADE;\n"
        "ALTER PUBLICATION \"supabase_realtime\" ADD TABLE ONLY \"public\".\"posts\";\n"
    );
    texts.data.insert(
        texts.data.find("RESET"),
        "INSERT INTO \"auth\".\"users\" (\"id\", \"email\", \"raw_user_meta_data\", "
        "\"created_at\") "
        "VALUES\n\t('00000000-0000-0000-0000-000000000001', 'a', '{}', '2026-01-01 00:00:00+00');\n"
        "COPY \"cron\".\"job\" (\"jobid\", \"command\") FROM stdin;\n1\tSELECT\n\\.\n\n"
        "SELECT pg_catalog.setval('\"cron\".\"jobid_seq\"', 7, true);\n"
        "SELECT pg_catalog.setval('\"public\".\"posts_id_seq\"', 7, true);\n"
    );
    Prelude prelude = prelude_of(texts);
    std::erase_if(prelude, [](const auto& sql) { return sql.starts_with("CREATE FUNCTION"); });

    EXPECT_EQ(
        prelude,
        (Prelude{
            "CREATE SCHEMA auth",
            "CREATE SCHEMA cron",
            "GRANT USAGE ON SCHEMA auth, cron TO PUBLIC",
            "CREATE TABLE auth.users (id uuid, email text, raw_user_meta_data jsonb, created_at "
            "timestamptz, UNIQUE (id))",
            "CREATE TABLE cron.job (jobid text, command text)",
            "CREATE SEQUENCE cron.jobid_seq",
            "CREATE PUBLICATION supabase_realtime"})
    );
}

TEST(SupabaseFiles, need_a_table_that_is_pointed_to_also_where_it_is_empty) {
    Texts texts;
    texts.schema.insert(
        texts.schema.find("RESET"),
        "ALTER TABLE ONLY \"public\".\"posts\" ADD CONSTRAINT \"f\" FOREIGN KEY (\"user_id\") "
        "REFERENCES \"auth\".\"users\"(\"id\");\n"
    );
    const Prelude prelude = prelude_of(texts);
    ASSERT_GE(prelude.size(), 3u);
    EXPECT_EQ(prelude[2], "CREATE TABLE auth.users (id uuid, UNIQUE (id))");
}

TEST(SupabaseFiles, need_columns_of_the_types_and_values_that_views_of_users_expect) {
    Texts texts;
    texts.data.insert(
        texts.data.find("RESET"),
        "COPY \"auth\".\"users\" (\"id\", \"email_confirmed_at\", \"is_anonymous\") FROM "
        "stdin;\n\\.\n\n"
        "COPY \"storage\".\"buckets\" (\"id\", \"public\", \"file_size_limit\", "
        "\"allowed_mime_types\") FROM stdin;\n\\.\n\n"
        "COPY \"storage\".\"objects\" (\"id\", \"name\", \"path_tokens\") FROM stdin;\n\\.\n\n"
    );
    Prelude prelude = prelude_of(texts);
    std::erase_if(prelude, [](const auto& sql) { return !sql.starts_with("CREATE TABLE"); });

    EXPECT_EQ(
        prelude,
        (Prelude{
            "CREATE TABLE auth.users (id uuid, email_confirmed_at timestamptz, is_anonymous "
            "boolean, confirmed_at timestamptz GENERATED ALWAYS AS (email_confirmed_at) STORED)",
            "CREATE TABLE storage.buckets (id text, public boolean, file_size_limit bigint, "
            "allowed_mime_types text[])",
            // Of a version that keeps it as any other.
            "CREATE TABLE storage.objects (id uuid, name text, path_tokens text)"})
    );
}

TEST(SupabaseFiles, D1_need_the_types_of_the_version_that_their_columns_are_of) {
    Texts texts;
    texts.data.insert(
        texts.data.find("RESET"),
        "COPY \"auth\".\"audit_log_entries\" (\"id\", \"payload\", \"created_at\") FROM "
        "stdin;\n\\.\n\n"
        "COPY \"auth\".\"identities\" (\"id\", \"user_id\", \"provider\") FROM stdin;\n\\.\n\n"
        "COPY \"auth\".\"one_time_tokens\" (\"id\", \"created_at\", \"updated_at\") FROM "
        "stdin;\n\\.\n\n"
        "COPY \"auth\".\"refresh_tokens\" (\"id\", \"user_id\", \"updated_at\") FROM "
        "stdin;\n\\.\n\n"
        "COPY \"auth\".\"sessions\" (\"id\", \"refreshed_at\", \"ip\") FROM stdin;\n\\.\n\n"
    );
    Prelude prelude = prelude_of(texts);
    std::erase_if(prelude, [](const auto& sql) { return !sql.starts_with("CREATE TABLE"); });

    EXPECT_EQ(
        prelude,
        (Prelude{
            "CREATE TABLE auth.audit_log_entries (id uuid, payload json, created_at timestamptz)",
            // As it was until 2023: the provider's.
            "CREATE TABLE auth.identities (id text, user_id uuid, provider text)",
            "CREATE TABLE auth.one_time_tokens (id uuid, created_at timestamp, updated_at "
            "timestamp)",
            "CREATE TABLE auth.refresh_tokens (id bigint, user_id text, updated_at timestamptz)",
            "CREATE TABLE auth.sessions (id uuid, refreshed_at timestamp, ip inet)"})
    );

    texts = Texts();
    texts.data.insert(
        texts.data.find("RESET"),
        "COPY \"auth\".\"identities\" (\"provider_id\", \"provider\", \"id\") FROM "
        "stdin;\n\\.\n\n"
    );
    EXPECT_EQ(
        prelude_of(texts).at(2),
        "CREATE TABLE auth.identities (provider_id text, provider text, id uuid)"
    );
}

TEST(SupabaseFiles, need_the_roles_that_see_every_row_in_each_project) {
    Texts texts;
    texts.schema.insert(
        texts.schema.find("RESET"),
        "ALTER TABLE \"public\".\"posts\" OWNER TO \"postgres\";\n"
        "GRANT ALL ON TABLE \"public\".\"posts\" TO \"service_role\";\n"
        "ALTER TABLE ONLY \"public\".\"posts\" ADD CONSTRAINT \"f\" FOREIGN KEY (\"user_id\") "
        "REFERENCES \"auth\".\"users\"(\"id\");\n"
    );
    const Prelude prelude = prelude_of(texts);

    for (const char* statement :
         {"GRANT SELECT ON auth.users TO postgres",
          "ALTER ROLE postgres BYPASSRLS",
          "ALTER ROLE service_role BYPASSRLS"}) {
        EXPECT_EQ(std::ranges::count(prelude, statement), 1) << statement;
    }
}

TEST(SupabaseFiles, D3_that_are_not_whole_are_refused_by_name) {
    Texts texts;
    texts.data.resize(texts.data.find("RESET"));
    EXPECT_EQ(
        failure_of(texts), "data.sql is cut short: its last line, \"RESET ALL;\", is missing"
    );
    texts = Texts();
    texts.roles.clear();
    EXPECT_EQ(failure_of(texts), "roles.sql is empty: it holds no statement");
    texts = Texts();
    texts.data.insert(texts.data.find("RESET"), "\\! id\n");
    EXPECT_NE(failure_of(texts).find("a command for psql"), std::string::npos);

    texts = Texts();
    texts.schema.resize(texts.schema.find("RESET"));
    EXPECT_EQ(
        failure_of(texts), "schema.sql is cut short: its last line, \"RESET ALL;\", is missing"
    );
}

}  // namespace
}  // namespace backupwatch
