#include "core/backup/restore_error.hpp"

#include "core/backup/debian_package.hpp"
#include "core/backup/restore_error_table.hpp"
#include "core/backup/restore_errors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

using enum RestoreErrorClass;

struct Said {
    RestoreErrorClass error_class;
    const char* kind;
    const char* message;
    const char* statement;
    const char* what = "";
    const char* installing = "";
};

// clang-format off
// As PostgreSQL 15 said it, where a version is not named; one for each row of the table, in its
// order.
const Said said_by_row[] = {
    {harmless, "", R"(permission denied to grant privileges as role "postgres")",
     "GRANT readers TO ann WITH INHERIT TRUE GRANTED BY postgres;",
     "memberships that postgres granted"},  // 16
    {harmless, "TABLE", R"(role "app" does not exist)", "ALTER TABLE public.plain OWNER TO app;",
     "owner app"},
    {harmless, "", R"(role "we"ird" does not exist)", R"(SET SESSION AUTHORIZATION "we""ird";)",
     R"(owner we"ird)"},
    {harmless, "ACL", R"(role "we"ird; role" does not exist)",
     R"(GRANT SELECT ON TABLE public.plain TO "we""ird; role";)", R"(rights of we"ird; role)"},
    {harmless, "", R"(role "app" already exists)", "CREATE ROLE app;"},
    {harmless, "COMMENT", "must be owner of extension plpgsql",
     "COMMENT ON EXTENSION plpgsql IS 'x';", "comment of extension plpgsql"},
    {harmless, "EVENT TRIGGER",
     R"(permission denied to change owner of event trigger "watch")",
     "ALTER EVENT TRIGGER watch OWNER TO postgres;", "owner of the event trigger watch"},
    {harmless, "PUBLICATION", R"(permission denied to change owner of publication "all tables")",
     R"(ALTER PUBLICATION "all tables" OWNER TO app;)", "owner of the publication all tables"},
    {harmless, "FOREIGN DATA WRAPPER",
     R"(permission denied to change owner of foreign-data wrapper "stripe")",
     "ALTER FOREIGN DATA WRAPPER stripe OWNER TO app;", "owner of the foreign-data wrapper stripe"},
    {harmless, "SECURITY LABEL", R"(security label provider "anon" is not loaded)",
     "SECURITY LABEL FOR anon ON TABLE t IS 'x';", "security labels of anon"},
    {harmless, "SECURITY LABEL", "no security label providers have been loaded",
     "SECURITY LABEL ON TABLE t IS 'x';", "security labels"},
    {harmless, "ACL", R"(database "gone" does not exist)",
     "GRANT CONNECT ON DATABASE gone TO postgres;", "rights and settings of the database gone"},
    {harmless, "SCHEMA", R"(schema "public" already exists)", "CREATE SCHEMA public;"},
    {harmless, "EXTENSION", R"(extension "plpgsql" already exists)", "CREATE EXTENSION plpgsql;"},
    {harmless, "PROCEDURAL LANGUAGE", R"(language "plpgsql" already exists)",
     "CREATE PROCEDURAL LANGUAGE plpgsql;"},  // 13
    {harmless, "", R"(constraint "x" of relation "z1" does not exist)",
     "ALTER TABLE ONLY public.z1 DROP CONSTRAINT x;"},
    {harmless, "", R"(invalid value for parameter "default_tablespace": "gone")",
     "SET default_tablespace = gone;", "tablespace gone"},
    {harmless, "", R"(directory "/nonexistent/x" does not exist)",
     "CREATE TABLESPACE g LOCATION '/nonexistent/x';", "tablespace in /nonexistent/x"},
    {harmless, "", R"(tablespace "gone" does not exist)",
     "GRANT CREATE ON TABLESPACE gone TO postgres;", "tablespace gone"},
    {harmless, "", R"(invalid value for parameter "lc_messages": "fr_FR.UTF-8")",
     "ALTER DATABASE shop SET lc_messages TO 'fr_FR.UTF-8';", "setting lc_messages = fr_FR.UTF-8"},
    {harmless, "", R"(invalid value for parameter "lc_monetary": "fr_FR")",
     "ALTER ROLE ann SET lc_monetary TO 'fr_FR';", "setting lc_monetary = fr_FR"},
    {harmless, "", R"(invalid value for parameter "lc_numeric": "fr_FR")",
     "SET lc_numeric = 'fr_FR';", "setting lc_numeric = fr_FR"},
    {harmless, "", R"(invalid value for parameter "lc_time": "fr_FR")",
     "ALTER DATABASE shop SET lc_time TO 'fr_FR';", "setting lc_time = fr_FR"},
    {harmless, "", R"(unrecognized configuration parameter "transaction_timeout")",
     "SET transaction_timeout = 0;"},
    {harmless, "STATISTICS DATA", "whatever",
     "SELECT * FROM pg_catalog.pg_restore_attribute_stats(", "statistics for the planner"},  // 18

    {missing_here, "EXTENSION", R"(extension "postgis" is not available)",
     "CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;", "extension postgis",
     "install postgresql-15-postgis-3"},
    {missing_here, "EXTENSION",
     R"(could not open extension control file "/x/extension/pg_cron.control": No such file or )"
     "directory",
     "", "extension pg_cron", "install postgresql-15-cron"},  // 14
    {missing_here, "EXTENSION", R"(required extension "cube" is not installed)", "",
     "extension cube", "install postgresql-15"},
    {missing_here, "EXTENSION",
     R"(extension "hstore" has no installation script nor update path for version "99")", "",
     "extension hstore", "install postgresql-15"},
    {missing_here, "EXTENSION", R"(extension "timescaledb" must be preloaded)", "",
     "extension timescaledb", "restore it by hand, into a server that preloads it"},
    {missing_here, "EXTENSION", "pgaudit must be loaded via shared_preload_libraries", "",
     "extension pgaudit", "restore it by hand, into a server that preloads it"},
    {missing_here, "EXTENSION", "pg_cron can only be loaded via shared_preload_libraries", "",
     "extension pg_cron", "restore it by hand, into a server that preloads it"},
    {missing_here, "FUNCTION",
     R"(could not access file "$libdir/postgis-3": No such file or directory)", "",
     "library postgis-3", "install postgresql-15-postgis-3"},
    {missing_here, "FUNCTION",
     R"(could not load library "/usr/lib/postgresql/15/lib/plv8.so": libv8.so.7: cannot open )"
     "shared object file",
     "", "library plv8",
     "install postgresql-15-plv8 (or what `apt-cache search postgresql-15-` offers for it)"},
    {missing_here, "FUNCTION",
     R"(could not find function "nofunction" in file "/usr/lib/postgresql/15/lib/hstore.so")", "",
     "function of the library hstore", "install postgresql-15"},
    {missing_here, "FUNCTION",
     R"(incompatible library "/usr/lib/postgresql/15/lib/hll.so": version mismatch)", "",
     "library hll",
     "install postgresql-15-hll (or what `apt-cache search postgresql-15-` offers for it)"},
    {missing_here, "COLLATION",
     R"(could not create locale "fr_FR.utf8": No such file or directory)", "", "locale fr_FR.utf8",
     "install locales (or locales-all), and generate it by locale-gen"},
    {missing_here, "TABLE", R"(collation "pg_catalog.xx_XX" for encoding "UTF8" does not exist)",
     "", "locale xx_XX", "install locales (or locales-all), and generate it by locale-gen"},
    {missing_here, "DATABASE", R"(invalid locale name: "xx_XX")", "", "locale xx_XX",
     "install locales (or locales-all), and generate it by locale-gen"},
    {missing_here, "DATABASE", R"(invalid LC_COLLATE locale name: "xx_XX")", "", "locale xx_XX",
     "install locales (or locales-all), and generate it by locale-gen"},  // 16
    {missing_here, "DATABASE", R"(invalid LC_CTYPE locale name: "xx_XX")", "", "locale xx_XX",
     "install locales (or locales-all), and generate it by locale-gen"},  // 16
    {missing_here, "COLLATION",
     R"(could not open collator for locale "@x": U_ILLEGAL_ARGUMENT_ERROR)", "", "ICU locale @x",
     "drill on a machine that has it"},
    {missing_here, "COLLATION", R"(ICU locale "xx" has unknown language "xx")", "", "ICU locale xx",
     "drill on a machine that has it"},  // 16
    {missing_here, "COLLATION", "ICU is not supported in this build", "", "ICU",
     "drill on a machine that has it"},
    {missing_here, "TABLE", "compression method lz4 not supported", "", "compression lz4",
     "drill on a machine that has it"},
    {missing_here, "TABLE DATA", "unsupported XML feature", "", "XML",
     "drill on a machine that has it"},
    {missing_here, "TEXT SEARCH DICTIONARY",
     R"(could not open dictionary file "/x/tsearch_data/gone.dict": No such file or directory)",
     "", "text search file /x/tsearch_data/gone.dict",
     "copy it from the source's tsearch_data folder"},
    {missing_here, "TEXT SEARCH DICTIONARY",
     R"(could not open affix file "/x/gone.affix": No such file or directory)", "",
     "text search file /x/gone.affix", "copy it from the source's tsearch_data folder"},
    {missing_here, "TEXT SEARCH DICTIONARY",
     R"(could not open thesaurus file "/x/gone.ths": No such file or directory)", "",
     "text search file /x/gone.ths", "copy it from the source's tsearch_data folder"},
    {missing_here, "TEXT SEARCH DICTIONARY",
     R"(could not open stop-word file "/x/gone.stop": No such file or directory)", "",
     "text search file /x/gone.stop", "copy it from the source's tsearch_data folder"},
    {missing_here, "DATABASE", R"(tablespace "gone" does not exist)",
     "CREATE DATABASE zz TABLESPACE gone;", "tablespace gone", "drill on a machine that has it"},

    {dangling, "TABLE DATA", R"(relation "public.geo" does not exist)",
     "COPY public.geo (id, h, c) FROM stdin;"},
    {dangling, "TABLE", R"(type "public.hstore" does not exist)", "CREATE TABLE public.geo ("},
    {dangling, "FUNCTION", "type public.hstore does not exist",
     "CREATE FUNCTION public.f(public.hstore) RETURNS text"},
    {dangling, "TYPE", "type public.t is only a shell", ""},
    {dangling, "FUNCTION", "function public.cf() does not exist",
     "ALTER FUNCTION public.cf() OWNER TO postgres;"},
    {dangling, "PROCEDURE", "procedure p() does not exist", ""},
    {dangling, "AGGREGATE", "aggregate a(integer) does not exist", ""},
    {dangling, "VIEW", "operator does not exist: integer <<< integer", ""},
    {dangling, "INDEX",
     R"(operator class "public.gin_trgm_ops" does not exist for access method "gin")", ""},
    {dangling, "OPERATOR CLASS",
     R"(operator family "public.gone" does not exist for access method "btree")", ""},
    {dangling, "INDEX",
     R"(data type integer has no default operator class for access method "gin")", ""},
    {dangling, "VIEW", "could not identify an equality operator for type box", ""},
    {dangling, "CAST", "cast from type text to type date does not exist", ""},
    {dangling, "TABLE", R"(schema "x" does not exist)", ""},
    {dangling, "COMMENT", R"(extension "postgis" does not exist)",
     "COMMENT ON EXTENSION postgis IS 'x';"},
    {dangling, "FUNCTION", R"(language "plpython3u" does not exist)", ""},
    {dangling, "INDEX", R"(access method "gone" does not exist)", ""},
    {dangling, "TABLE", R"(invalid value for parameter "default_table_access_method": "columnar")",
     ""},
    {dangling, "TABLE", R"(collation "public.fr" for encoding "UTF8" does not exist)", ""},
    {dangling, "TEXT SEARCH CONFIGURATION",
     R"(text search dictionary "public.gone" does not exist)", ""},
    {dangling, "SERVER", R"(foreign-data wrapper "gone" does not exist)", ""},
    {dangling, "FOREIGN TABLE", R"(server "gone" does not exist)", ""},
    {dangling, "PUBLICATION TABLE", R"(publication "gone" does not exist)", ""},
    {dangling, "DEFAULT", R"(column "gone" of relation "z1" does not exist)", ""},
    {dangling, "COMMENT", R"(constraint "c" for table "z1" does not exist)", ""},
    {dangling, "TABLE", R"(index "gone" for table "z1" does not exist)", ""},
    {dangling, "TABLE", R"(trigger "gone" for table "z1" does not exist)", ""},
    {dangling, "COMMENT", R"(policy "c" for table "z1" does not exist)", ""},
    {dangling, "FK CONSTRAINT",
     R"(there is no unique constraint matching given keys for referenced table "z1")", ""},
};
// clang-format on

// clang-format off
// The other statements, kinds and states that a row knows.
const Said said_otherwise[] = {
    {harmless, "ACL", R"(role "app" does not exist)", "REVOKE ALL ON TABLE public.plain FROM app;"},
    {harmless, "DEFAULT ACL", R"(role "app" does not exist)",
     "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT SELECT ON TABLES TO ann;"},
    {harmless, "ACL", R"(database "gone" does not exist)",
     "REVOKE CONNECT ON DATABASE gone FROM PUBLIC;"},
    {harmless, "COMMENT", R"(database "gone" does not exist)", "COMMENT ON DATABASE gone IS 'x';"},
    {harmless, "DATABASE PROPERTIES", R"(database "gone" does not exist)",
     "ALTER DATABASE gone SET search_path TO 'app';"},
    {harmless, "PROCEDURAL LANGUAGE", R"(extension "plpgsql" already exists)",
     "CREATE OR REPLACE PROCEDURAL LANGUAGE plpgsql;"},
    {harmless, "", R"(table "z1" does not exist)", "DROP TABLE public.z1;"},
    {harmless, "", R"(schema "app" does not exist)", "DROP SCHEMA app;"},
    {harmless, "", R"(relation "public.z1" does not exist)",
     "ALTER TABLE ONLY public.z1 ALTER COLUMN id DROP DEFAULT;"},
    {harmless, "", R"(constraint "c" of domain "d" does not exist)",
     "ALTER DOMAIN public.d DROP CONSTRAINT c;"},
    {harmless, "", "large object 4711 does not exist", "SELECT pg_catalog.lo_unlink('4711');"},
    {harmless, "", R"(tablespace "gone" does not exist)",
     "REVOKE ALL ON TABLESPACE gone FROM app;"},
    {harmless, "", R"(tablespace "gone" does not exist)", "ALTER TABLESPACE gone OWNER TO app;"},
    {harmless, "", R"(tablespace "gone" does not exist)", "COMMENT ON TABLESPACE gone IS 'x';"},
    {harmless, "", R"(invalid value for parameter "lc_messages": "x")", "SET lc_messages = 'x';"},
    {harmless, "", R"(invalid value for parameter "lc_messages": "x")",
     "ALTER ROLE ann SET lc_messages TO 'x';"},
    {harmless, "", R"(invalid value for parameter "lc_monetary": "x")", "SET lc_monetary = 'x';"},
    {harmless, "", R"(invalid value for parameter "lc_monetary": "x")",
     "ALTER DATABASE shop SET lc_monetary TO 'x';"},
    {harmless, "", R"(invalid value for parameter "lc_numeric": "x")",
     "ALTER DATABASE shop SET lc_numeric TO 'x';"},
    {harmless, "", R"(invalid value for parameter "lc_numeric": "x")",
     "ALTER ROLE ann SET lc_numeric TO 'x';"},
    {harmless, "", R"(invalid value for parameter "lc_time": "x")", "SET lc_time = 'x';"},
    {harmless, "", R"(invalid value for parameter "lc_time": "x")",
     "ALTER ROLE ann SET lc_time TO 'x';"},
    {missing_here, "DATABASE PROPERTIES", R"(tablespace "gone" does not exist)",
     "ALTER DATABASE shop SET TABLESPACE gone;"},
};
// clang-format on

RestoreError error_of(const Said& said) {
    RestoreError error;
    error.kind = said.kind;
    error.message = said.message;
    error.statement = said.statement;
    return error;
}

TEST(RestoreError, is_what_the_row_of_the_table_says_and_each_row_has_one) {
    std::size_t row = 0;
    for (const Said& said : said_by_row) {
        const TriagedError triaged = triage(error_of(said), 15);

        EXPECT_EQ(triaged.row, ++row) << said.message;
        EXPECT_EQ(to_string(triaged.error_class), to_string(said.error_class)) << said.message;
        EXPECT_EQ(triaged.what, said.what) << said.message;
        EXPECT_EQ(triaged.installing, said.installing) << said.message;
        EXPECT_EQ(triaged.why.empty(), triaged.what.empty()) << said.message;
        if (said.error_class != missing_here) continue;
        // Behind `the library hostile is`.
        const bool is_clause = triaged.why.starts_with("it ") || triaged.why.starts_with("this ");
        EXPECT_FALSE(is_clause) << triaged.why;
    }
    EXPECT_EQ(row, restore_error_rows());
}

std::vector<std::string_view> parts_of(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    for (auto at = text.find(separator); at != text.npos; at = text.find(separator)) {
        parts.push_back(text.substr(0, at));
        text.remove_prefix(at + separator.size());
    }
    parts.push_back(text);
    return parts;
}

/// Has all the words of the pattern, in their order, and begins with the first of them.
bool is_like(std::string_view statement, std::string_view pattern) {
    std::size_t from = 0;
    for (const std::string_view most : parts_of(pattern, "{}")) {
        for (const std::string_view literal : parts_of(most, "*")) {
            const auto at = statement.find(literal, from);
            if (at == statement.npos || (from == 0 && at != 0)) return false;
            from = at + literal.size();
        }
    }
    return true;
}

TEST(RestoreError, is_known_by_each_statement_and_kind_that_its_row_has) {
    std::set<std::pair<std::size_t, std::string_view>> tried;
    const auto& rows = restore_error_table::rows;
    const auto try_it = [&](const Said& said) {
        const TriagedError triaged = triage(error_of(said), 15);
        EXPECT_EQ(to_string(triaged.error_class), to_string(said.error_class)) << said.statement;
        if (triaged.row == 0) return;
        for (const auto pattern : parts_of(rows[triaged.row - 1].statement, "|")) {
            if (is_like(said.statement, pattern)) tried.emplace(triaged.row, pattern);
        }
        for (const auto kind : parts_of(rows[triaged.row - 1].kinds, "|")) {
            if (said.kind == kind) tried.emplace(triaged.row, kind);
        }
    };
    for (const Said& said : said_by_row) try_it(said);
    for (const Said& said : said_otherwise) try_it(said);
    for (std::size_t row = 1; row <= restore_error_rows(); ++row) {
        for (const auto alternatives : {rows[row - 1].statement, rows[row - 1].kinds}) {
            if (alternatives.empty()) continue;
            for (const auto one : parts_of(alternatives, "|")) {
                EXPECT_TRUE(tried.contains({row, one})) << "row " << row << ": " << one;
            }
        }
    }
}

TEST(RestoreError, is_not_harmless_where_it_is_of_an_item_of_another_kind_or_has_another_sqlstate) {
    for (const Said& said : said_by_row) {
        if (said.error_class != harmless) continue;
        RestoreError other = error_of(said);
        other.sqlstate = "23505";
        const bool says_nothing = std::string_view(said.kind) == "STATISTICS DATA";
        EXPECT_NE(to_string(triage(other, 15).error_class), says_nothing ? "damage" : "harmless");
        other = error_of(said);
        if (other.kind.empty() || other.kind == "TABLE") continue;
        other.kind = "CONSTRAINT";
        EXPECT_NE(to_string(triage(other, 15).error_class), "harmless") << said.message;
    }
}

TEST(RestoreError, is_damage_where_it_is_not_known_to_be_anything_else) {
    const Said cases[] = {
        // What the role is for is not there.
        {damage,
         "POLICY",
         R"(role "app" does not exist)",
         "CREATE POLICY pol ON public.plain FOR SELECT TO app USING (true);"},
        {damage,
         "USER MAPPING",
         R"(role "app" does not exist)",
         "CREATE USER MAPPING FOR app SERVER s;"},
        // A statement that only looks like one that gives an owner.
        {damage,
         "CHECK CONSTRAINT",
         R"(role "app" does not exist)",
         "ALTER TABLE t ADD CHECK (a <> 'app'::regrole); -- OWNER TO other;"},
        {damage, "FUNCTION", R"(role "app" does not exist)", "ALTER TABLE t OWNER TO other;"},
        // Which statement failed nobody knows.
        {damage, "", R"(role "app" does not exist)", ""},
        {damage, "ACL", R"(role "app" does not exist)", ""},
        {damage, "SCHEMA", R"(schema "public2" already exists)", "CREATE SCHEMA public2;"},
        {damage, "TABLE", R"(relation "t" already exists)", "CREATE TABLE public.t ("},
        {damage, "TABLE", R"(must be owner of table t)", "ALTER TABLE t OWNER TO app;"},
        {damage, "TABLE DATA", R"(invalid input syntax for type integer: "x")", ""},
        {damage,
         "INDEX",
         R"(could not create unique index "i")",
         "CREATE UNIQUE INDEX i ON public.t USING btree (a);"},
        {damage,
         "",
         R"(unrecognized configuration parameter "transaction_timeout")",
         "SET transaction_timeout = 5;"},
        {damage, "TABLE DATA", "missing chunk number 0 for toast value 1", ""},
        {damage, "", "", ""},
        {damage, "TABLE", R"(and then: role "app" does not exist)", "ALTER TABLE t OWNER TO app;"},
    };
    for (const Said& said : cases) {
        EXPECT_EQ(to_string(triage(error_of(said), 15).error_class), "damage") << said.message;
    }
}

TEST(RestoreError, is_damage_where_it_is_longer_than_any_name_allows) {
    Said said{harmless, "TABLE", "", ""};
    const std::string message = "role \"" + std::string(10000, 'x') + "\" does not exist";
    said.message = message.c_str();

    EXPECT_EQ(to_string(triage(error_of(said), 15).error_class), "damage");
}

TEST(RestoreError, names_an_extension_by_its_package) {
    EXPECT_EQ(extension_package("postgis", 15), "postgresql-15-postgis-3");
    EXPECT_EQ(extension_package("hstore", 17), "postgresql-17");
    EXPECT_EQ(extension_package("plpython3u", 16), "postgresql-plpython3-16");
    EXPECT_EQ(extension_package("pg_qualstats", 15), "postgresql-15-pg-qualstats");
    EXPECT_EQ(install_extension("vector", 15), "install postgresql-15-pgvector");
    EXPECT_EQ(
        install_extension("own_one", 15),
        "install postgresql-15-own-one (or what `apt-cache search postgresql-15-` offers for it)"
    );
    EXPECT_EQ(install_library("postgis_topology-3", 15), "install postgresql-15-postgis-3");
}

RestoreErrors errors_of(const std::vector<Said>& all) {
    RestoreErrors errors(15);
    for (const Said& said : all) errors.add(error_of(said), said.message);
    return errors;
}

const Said no_extension{missing_here, "EXTENSION", R"(extension "postgis" is not available)", ""};
const Said no_table{dangling, "TABLE DATA", R"(relation "geo" does not exist)", "COPY geo"};
const Said no_owner{
    harmless, "TABLE", R"(role "app" does not exist)", "ALTER TABLE t OWNER TO app;"};
const Said no_key{damage, "INDEX", R"(could not create unique index "i")", ""};
const Said no_member{
    dangling, "ACL", "function f() does not exist", "GRANT ALL ON FUNCTION f() TO app;"};

TEST(RestoreErrors, that_follow_from_what_is_missing_here_are_no_damage) {
    const auto sorted = errors_of({no_owner, no_table, no_extension, no_owner}).sorted({});

    EXPECT_EQ(sorted.damage, std::vector<std::string>());
    ASSERT_EQ(sorted.missing.size(), 1u);
    EXPECT_EQ(sorted.missing[0].sentence, "the extension postgis is not installed here");
    EXPECT_EQ(sorted.missing[0].installing, "install postgresql-15-postgis-3");
    ASSERT_EQ(sorted.notes.size(), 1u);
    EXPECT_EQ(sorted.notes[0].what, "owner app (2 times)");
}

TEST(RestoreErrors, of_something_that_does_not_exist_are_damage_where_nothing_is_missing_here) {
    const auto sorted = errors_of({no_table, no_member}).sorted({});

    EXPECT_EQ(sorted.damage, (std::vector<std::string>{no_table.message, no_member.message}));
    EXPECT_TRUE(sorted.missing.empty());
}

TEST(RestoreErrors, that_are_damage_stay_so_beside_what_is_missing_here) {
    const auto sorted = errors_of({no_extension, no_table, no_key}).sorted({});

    EXPECT_EQ(sorted.damage, std::vector<std::string>{no_key.message});
    EXPECT_EQ(sorted.missing.size(), 1u);
}

TEST(RestoreErrors, tell_that_an_extension_was_needed_which_was_left_out) {
    const auto sorted = errors_of({no_table}).sorted({"vector"});

    EXPECT_TRUE(sorted.damage.empty());
    ASSERT_EQ(sorted.missing.size(), 1u);
    EXPECT_EQ(
        sorted.missing[0].sentence, "the extension vector is not installed for PostgreSQL 15 here"
    );
}

TEST(RestoreErrors, of_rights_on_what_was_left_out_need_nothing) {
    const auto sorted = errors_of({no_member}).sorted({"pg_cron"});

    EXPECT_TRUE(sorted.damage.empty());
    EXPECT_TRUE(sorted.missing.empty());
    ASSERT_EQ(sorted.notes.size(), 1u);
    EXPECT_EQ(sorted.notes[0].what, "what belongs to extensions (1)");
}

TEST(RestoreErrors, are_bounded_and_what_is_harmless_crowds_out_nothing) {
    RestoreErrors errors(15);
    for (int i = 0; i < 5000; ++i) {
        const std::string role = "app" + std::to_string(i);
        RestoreError error;
        error.message = "role \"" + role + "\" does not exist";
        error.statement = "ALTER TABLE t OWNER TO " + role + ";";
        errors.add(error, error.message);
        errors.add(error_of(no_table), no_table.message);
    }
    for (int i = 0; i < 101; ++i) errors.add(error_of(no_key), no_key.message);

    const auto sorted = errors.sorted({});

    EXPECT_EQ(sorted.notes.size(), 51u);
    EXPECT_EQ(sorted.notes.back().why, "4950 more");
    ASSERT_EQ(sorted.damage.size(), 201u);
    EXPECT_EQ(sorted.damage.back(), "and 4901 more errors");
    EXPECT_EQ(std::ranges::count(sorted.damage, no_key.message), 100);
}

TEST(RestoreErrors, show_no_name_that_turns_a_terminal_round) {
    RestoreErrors errors(15);
    RestoreError error;
    error.message = "role \"a\x1b[31m\tb\" does not exist";
    error.statement = "ALTER TABLE t OWNER TO \"a\x1b[31m\tb\";";
    errors.add(error, "");

    ASSERT_EQ(errors.sorted({}).notes.size(), 1u);
    EXPECT_EQ(errors.sorted({}).notes[0].what, "owner a [31m b");
    EXPECT_EQ(
        missing_extension("x\x1b\n", 15).sentence,
        "the extension x is not installed for PostgreSQL 15 here"
    );
}

TEST(RestoreErrors, of_which_all_are_missing_here_are_one_sentence) {
    const auto [sentence, hint] =
        in_words({missing_extension("postgis", 15), missing_extension("postgis_topology", 15)});

    EXPECT_EQ(
        sentence,
        "the extension postgis is not installed for PostgreSQL 15 here and the extension "
        "postgis_topology is not installed for PostgreSQL 15 here"
    );
    EXPECT_EQ(hint, "install postgresql-15-postgis-3, then drill again.");
}

}  // namespace
}  // namespace backupwatch
