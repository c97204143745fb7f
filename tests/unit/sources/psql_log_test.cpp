#include "sources/foreign/psql_log.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

RestoreErrors::Sorted read_log(std::initializer_list<std::string_view> lines) {
    PsqlLog log(15);
    for (const auto line : lines) log.add(line);
    return log.sorted();
}

TEST(PsqlLog, tells_damage_by_statement_and_sentence_without_values) {
    const auto sorted = read_log({
        "psql:/w/dump.sql:8: ERROR:  22P02: invalid input syntax for type integer: \"abc\"",
        "CONTEXT:  COPY t, line 2, column i: \"abc\"",
        "LOCATION:  pg_strtoint32, numutils.c:232",
        "psql:/w/dump.sql:8: STATEMENT:  COPY public.t (i) FROM stdin;",
    });

    ASSERT_EQ(sorted.damage.size(), 1u);
    EXPECT_EQ(sorted.damage[0].find("abc"), std::string::npos);
    EXPECT_TRUE(sorted.damage[0].starts_with("COPY public.t: ERROR:  invalid input syntax for type")
    ) << sorted.damage[0];
}

TEST(PsqlLog, tells_also_an_error_without_words) {
    const auto sorted = read_log({"psql:/w/dump.sql:2: ERROR:  "});

    EXPECT_EQ(sorted.damage, std::vector<std::string>{"an error without words"});
}

TEST(PsqlLog, shows_no_row_that_psql_took_for_a_statement) {
    const auto sorted = read_log({
        "psql:/w/dump.sql:9: ERROR:  42601: syntax error at or near \"florian\"",
        "psql:/w/dump.sql:9: STATEMENT:  florian\t42;",
    });

    ASSERT_EQ(sorted.damage.size(), 1u);
    EXPECT_EQ(sorted.damage[0], "a statement: ERROR:  syntax error");
}

TEST(PsqlLog, of_a_psql_that_does_not_know_restrict_is_no_damage) {
    const auto sorted = read_log({
        "psql: error: invalid command \\restrict",
        "psql:/w/data.sql:9: error: invalid command \\unrestrict",
        "psql:/w/data.sql:12: error: invalid command \\restricted",
    });

    ASSERT_EQ(sorted.damage.size(), 1u);
    EXPECT_NE(sorted.damage[0].find("restricted"), std::string::npos) << sorted.damage[0];
    ASSERT_EQ(sorted.notes.size(), 1u);
    EXPECT_EQ(sorted.notes[0].what, "sandbox");
}

TEST(PsqlLog, knows_what_is_harmless_by_its_statement) {
    const auto sorted = read_log({
        "psql:/w/dump.sql:2: ERROR:  42704: role \"app\" does not exist",
        "LOCATION:  get_role_oid, acl.c:5201",
        "psql:/w/dump.sql:2: STATEMENT:  ALTER TABLE public.t OWNER TO app;",
    });

    EXPECT_TRUE(sorted.damage.empty());
    ASSERT_EQ(sorted.notes.size(), 1u);
    EXPECT_EQ(sorted.notes[0].what, "owner app");
}

TEST(PsqlLog, explains_no_damage_by_an_extension_that_only_another_platform_has) {
    PsqlLog log(15, {"pg_net"});
    for (const std::string_view line :
         {"psql:/w/schema.sql:2: ERROR:  0A000: extension \"pg_net\" is not available",
          "psql:/w/schema.sql:2: STATEMENT:  CREATE EXTENSION IF NOT EXISTS \"pg_net\";",
          "psql:/w/schema.sql:9: ERROR:  42P01: relation \"public.posts\" does not exist",
          "psql:/w/schema.sql:9: STATEMENT:  ALTER TABLE \"public\".\"posts\" ADD CHECK (true);"}) {
        log.add(line);
    }
    const auto sorted = log.sorted();

    EXPECT_EQ(sorted.missing, std::vector<MissingHere>());
    EXPECT_EQ(sorted.damage.size(), 1u);
    ASSERT_EQ(sorted.notes.size(), 1u);
    EXPECT_EQ(sorted.notes[0].what, "extension pg_net");
    EXPECT_TRUE(sorted.notes[0].of_platform);
}

TEST(PsqlLog, calls_an_extension_missing_where_something_else_fails_as_well) {
    constexpr std::string_view missing =
        "psql:/w/dump.sql:2: ERROR:  0A000: extension \"postgis\" is not available";
    constexpr std::string_view making =
        "psql:/w/dump.sql:2: STATEMENT:  CREATE EXTENSION IF NOT EXISTS postgis;";

    const auto alone = read_log({missing, making});
    const auto needed = read_log({
        missing,
        making,
        "psql:/w/dump.sql:9: ERROR:  42704: type \"public.geometry\" does not exist",
        "psql:/w/dump.sql:9: STATEMENT:  CREATE TABLE public.places (at public.geometry);",
    });

    EXPECT_TRUE(alone.missing.empty());
    ASSERT_EQ(alone.notes.size(), 1u);
    EXPECT_NE(alone.notes[0].what.find("postgis"), std::string::npos);
    ASSERT_EQ(needed.missing.size(), 1u);
    EXPECT_NE(needed.missing[0].sentence.find("postgis"), std::string::npos);
}

TEST(PsqlLog, takes_what_it_cannot_understand_for_damage) {
    const auto sorted = read_log({
        "psql:/w/dump.sql:7: ERREUR:  42P01: la relation « t » n'existe pas",
        "psql:/w/dump.sql:7: INSTRUCTION :  CREATE INDEX i ON public.t USING btree (a);",
        "psql:/w/dump.sql:9: NOTICE:  42P07: relation \"t\" already exists, skipping",
        "psql:/w/dump.sql:9: WARNING:  01000: there is no transaction in progress",
    });

    EXPECT_EQ(sorted.damage.size(), 1u);
}

TEST(PsqlLog, takes_an_error_whose_statement_did_not_come_for_damage) {
    const auto sorted = read_log({"psql:/w/dump.sql:2: FATAL:  57P01: terminating connection"});

    EXPECT_EQ(sorted.damage.size(), 1u);
}

}  // namespace
}  // namespace backupwatch
