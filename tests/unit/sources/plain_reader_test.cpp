#include "sources/foreign/plain_reader.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

constexpr const char* first_line = "-- PostgreSQL database dump\n";
constexpr const char* last_line_of_dump = "-- PostgreSQL database dump complete\n";

/// What it finds between the first and the last line of a dump.
std::vector<DatabaseContent> read_plain(const std::string& sql) {
    PlainReader reader;
    SqlReader words(reader);
    words.add(first_line + sql + last_line_of_dump);
    words.finish();
    return reader.finish();
}

std::string refusal_of(const std::string& sql) {
    try {
        read_plain(sql);
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
        return failure.what();
    }
    return {};
}

TEST(PlainReader, knows_a_database_that_is_connected_to_anew) {
    const auto contents = read_plain(
        "\\connect shop\nALTER DATABASE shop SET work_mem TO '8MB';\n\\connect shop\n"
        "CREATE TABLE public.t (n integer);\nCOPY public.t (n) FROM stdin;\n1\n\\.\n"
    );
    ASSERT_EQ(contents.size(), 1u);
    EXPECT_EQ(contents[0].tables.size(), 1u);
}

TEST(PlainReader, follows_a_dump_to_its_databases) {
    const std::vector<std::pair<std::string, std::string>> samples = {
        {"\\connect shop\n", "shop"},
        {"\\connect \"My shop\"\n", "My shop"},
        {"\\connect -reuse-previous=on \"dbname='it\\'s=shop'\"\n", "it's=shop"},
    };
    for (const auto& [line, name] : samples) {
        const auto contents = read_plain(line + "SELECT 1;\n");
        ASSERT_EQ(contents.size(), 1u) << line;
        EXPECT_EQ(contents[0].name, name);
    }
}

TEST(PlainReader, refuses_what_psql_would_follow_elsewhere_or_run) {
    for (const char* line :
         {"\\connect shop postgres other.example.com 5432\n",
          "\\connect host=/var/run/postgresql\n",
          "\\connect \"host=/var/run/postgresql dbname=shop\"\n",
          "\\connect postgresql://other.example.com/shop\n",
          "\\connect -reuse-previous=on \"dbname='shop' host='other'\"\n",
          "\\connect -reuse-previous=off shop\n",
          "\\connect `id`\n",
          "\\connect\n",
          "\\c shop\n",
          "\\! id\n",
          "\\copy t FROM PROGRAM 'id'\n",
          "\\i /etc/passwd\n",
          "\\unrestrict abc \\connect other\n",
          "\\o |id\n"}) {
        EXPECT_NE(refusal_of(line), "") << line;
    }
    EXPECT_EQ(refusal_of("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n"), "");
}

TEST(PlainReader, takes_a_COPY_that_no_pg_dump_writes_for_damage) {
    for (const char* sql :
         {"copy public.t (n) from stdin;\n1\n\\.\n",
          "COPY t FROM STDIN;\n1\n\\.\n",
          "COPY public.t (n) FROM stdin WITH (FORMAT csv);\n1\n\\.\n",
          "COPY public.t (n) FROM stdio;\n1\n\\.\n",
          "COPY public.t (n) FROM stdin; \\! id\n1\n\\.\n"}) {
        EXPECT_NE(refusal_of(sql), "") << sql;
    }
    EXPECT_EQ(
        refusal_of("COPY public.t FROM stdin \"x;\n1\tsecret\";\n"),
        "it has a COPY that no pg_dump writes: COPY public.t FROM stdin \"x"
    );
}

TEST(PlainReader, does_not_count_rows_with_OIDs) {
    for (const char* columns : {" (n) WITH OIDS", "  WITH OIDS"}) {
        try {
            read_plain(std::string("COPY public.t") + columns + " FROM stdin;\n16384\t1\n\\.\n");
            ADD_FAILURE() << columns;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::missing) << columns;
        }
    }
}

TEST(PlainReader, counts_rows_and_sequences) {
    const auto contents = read_plain(
        "CREATE TABLE public.t (\n    n integer\n);\n"
        "COPY public.t (n) FROM stdin;\n1\n2\n\\.\n"
        "INSERT INTO public.\"My t\" VALUES (1), (2), (3);\n"
        "SELECT pg_catalog.setval('public.\"it''s_seq\"', 42, true);\n"
    );

    ASSERT_EQ(contents.size(), 1u);
    ASSERT_EQ(contents[0].tables.size(), 2u);
    EXPECT_EQ(contents[0].tables[0].name, "public.t");
    EXPECT_EQ(contents[0].tables[0].rows.count, 2u);
    EXPECT_TRUE(contents[0].tables[0].is_hashed);
    EXPECT_EQ(contents[0].tables[1].name, "public.\"My t\"");
    EXPECT_EQ(contents[0].tables[1].rows.count, 3u);
    EXPECT_FALSE(contents[0].tables[1].is_hashed);
    ASSERT_EQ(contents[0].sequences.size(), 1u);
    EXPECT_EQ(contents[0].sequences[0].name, "public.\"it's_seq\"");
    EXPECT_EQ(contents[0].sequences[0].after, 42);
}

TEST(PlainReader, wants_the_schema_and_its_rows) {
    EXPECT_EQ(
        refusal_of("CREATE TABLE public.t (\n    n integer\n);\n"),
        "it holds the schema alone: no rows of its 1 table"
    );
}

TEST(PlainReader, knows_the_parts_of_a_table_as_each_pg_dump_writes_them) {
    const auto contents = read_plain(
        "CREATE TABLE public.log (\n    n integer\n)\nPARTITION BY RANGE (n);\n"
        "CREATE TABLE public.\"log 1\" (\n    n integer\n);\n"
        "ALTER TABLE ONLY public.log ATTACH PARTITION public.\"log 1\" FOR VALUES FROM (1) TO "
        "(2);\n"
        "CREATE TABLE public.log_2 PARTITION OF public.log\nFOR VALUES FROM (2) TO (3)\n"
        "PARTITION BY RANGE (n);\n"
        "ALTER INDEX public.i ATTACH PARTITION public.j;\n"
        "COPY public.\"log 1\" (n) FROM stdin;\n1\n\\.\n"
    );

    using Parents = std::map<std::string, std::string>;
    EXPECT_EQ(
        contents.at(0).parents,
        (Parents{{"public.\"log 1\"", "public.log"}, {"public.log_2", "public.log"}})
    );
    EXPECT_EQ(contents.at(0).partitioned, (std::set<std::string>{"public.log", "public.log_2"}));
}

TEST(PlainReader, reads_versions_as_far_as_there_are_such) {
    const auto version = [](const std::string& text) {
        PlainReader reader;
        SqlReader words(reader);
        words.add("-- Dumped from database version " + text + "\n");
        return reader.server_version();
    };
    EXPECT_EQ(version("15.18 (Debian 15.18-0+deb12u1)"), 150018);
    EXPECT_EQ(version("9.6.24"), 90624);
    EXPECT_EQ(version("2000000000.1"), 0);
    EXPECT_EQ(version("17.2000000000"), 170000);
    EXPECT_EQ(version("seventeen"), 0);
}

TEST(PlainReader, knows_which_dump_no_other_one_is_like) {
    const auto is_unique = [](const std::string& sql) {
        PlainReader reader;
        SqlReader words(reader);
        words.add(sql);
        return reader.is_unique();
    };
    const std::string drawn(63, 'k');
    EXPECT_TRUE(is_unique("\\restrict " + drawn + "\n"));
    EXPECT_TRUE(is_unique("-- Started on 2026-11-30 03:00:00 UTC\n"));
    EXPECT_FALSE(is_unique("\\restrict nightly\n")) << "somebody's own, each night the same";
    EXPECT_FALSE(is_unique("SELECT 1;\n"));
}

TEST(PlainReader, holds_a_bounded_part_of_what_a_file_names) {
    constexpr std::size_t nearly_all = (128 << 20) - 100'000;
    DatabaseReader reader("shop", nearly_all);
    try {
        for (int i = 0; i < 1000; ++i) {
            const std::string sql = "CREATE TABLE t" + std::to_string(i) + " ()";
            reader.statement({sql, sql.size()}, 0);
        }
        ADD_FAILURE() << "all of them are held";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing) << failure.what();
    }
}

}  // namespace
}  // namespace backupwatch
