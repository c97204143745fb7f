#include "postgres/sql_reader.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace backupwatch {
namespace {

using Texts = std::vector<std::string>;

/// All that a reader finds, each with a word before it for what it is.
class Heard final : public SqlSink {
  public:
    void statement(const SqlStatement& statement) override {
        add("", statement.text);
        sizes.push_back(statement.size);
        rows += statement.inserted_rows;
    }
    void copy_data(std::string_view piece) override { data_ += piece; }
    void copy_end() override {
        add("rows: ", data_);
        data_.clear();
    }
    void psql_command(std::string_view line) override { add("psql: ", line); }
    void comment(std::string_view line) override { add("--", line); }

    Texts texts;
    std::vector<std::uint64_t> sizes;
    std::uint64_t rows = 0;

  private:
    void add(const std::string& what, std::string_view text) {
        texts.push_back(what + std::string(text));
    }
    std::string data_;
};

/// The same whatever the pieces are that it comes in.
Texts read_sql(const std::string& sql) {
    Texts whole;
    for (const std::size_t size : {sql.size() + 1, std::size_t{1}, std::size_t{3}}) {
        Heard heard;
        SqlReader reader(heard);
        for (std::size_t at = 0; at < sql.size(); at += size) reader.add(sql.substr(at, size));
        reader.finish();
        if (whole.empty()) whole = heard.texts;
        EXPECT_EQ(heard.texts, whole) << "in pieces of " << size;
    }
    return whole;
}

std::string why_not_whole(const std::string& sql) {
    try {
        read_sql(sql);
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
        return failure.what();
    }
    return "it is whole";
}

TEST(SqlReader, ends_a_statement_where_psql_does) {
    const std::vector<std::pair<std::string, Texts>> samples = {
        {"SELECT 1;\n  SELECT 2;", {"SELECT 1", "SELECT 2"}},
        {"SELECT ';';", {"SELECT ';'"}},
        {"SELECT 'it''s; one';", {"SELECT 'it''s; one'"}},
        {"SELECT E'a\\';b';", {"SELECT E'a\\';b'"}},
        {"SELECT 'a\\'; SELECT 2;", {"SELECT 'a\\'", "SELECT 2"}},
        {"SELECT \"a;\"\"b\";", {"SELECT \"a;\"\"b\""}},
        {"SELECT $$;$$;", {"SELECT $$;$$"}},
        {"SELECT $a$ $$; $b$;$a$;", {"SELECT $a$ $$; $b$;$a$"}},
        {"SELECT $1;SELECT a$b$c;", {"SELECT $1", "SELECT a$b$c"}},
        {"SELECT 1 /* ; /* ; */ ; */ ;", {"SELECT 1"}},
        {"SELECT 1 -- ;\n;", {"SELECT 1"}},
        {"SELECT 3 - -1 / 2;", {"SELECT 3 - -1 / 2"}},
        {"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);",
         {"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)"}},
        {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;",
         {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END"}},
        {"CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3;",
         {"CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT 1; SELECT 2; END", "SELECT 3"}},
        {"BEGIN; SELECT 1; END;", {"BEGIN", "SELECT 1", "END"}},
        {";;", {}},
    };
    for (const auto& [sql, expected] : samples) EXPECT_EQ(read_sql(sql), expected) << sql;
}

TEST(SqlReader, takes_backslashes_for_escapes_where_the_dump_says_so) {
    EXPECT_EQ(
        read_sql("SET standard_conforming_strings = off;\nSELECT 'a\\';b';"),
        (Texts{"SET standard_conforming_strings = off", "SELECT 'a\\';b'"})
    );
}

TEST(SqlReader, hands_on_the_rows_of_a_copy_up_to_its_end_mark) {
    const std::string sql =
        "COPY public.t (a) FROM stdin;\nit's; -- one\n\\\\.\n\\.x\n \\.\n\\.\n\n\nSELECT 1;\n";

    EXPECT_EQ(
        read_sql(sql),
        (Texts{
            "COPY public.t (a) FROM stdin",
            "rows: it's; -- one\n\\\\.\n\\.x\n \\.\n\\.\n",
            "SELECT 1",
        })
    );
}

TEST(SqlReader, tells_comments_between_statements_and_commands_for_psql) {
    EXPECT_EQ(
        read_sql("--\n-- A dump\n--\n\\connect shop\nSELECT 1; \\! id\nSELECT -- within\n2;"),
        (Texts{
            "--", "-- A dump", "--", "psql: connect shop", "SELECT 1", "psql: ! id", "SELECT \n2"})
    );
}

TEST(SqlReader, is_not_deceived_by_what_is_quoted) {
    const std::string sql = "COMMENT ON TABLE t IS '\n\\! id\n-- x\nCOPY t (a) FROM stdin;\n';";

    EXPECT_EQ(
        read_sql(sql), Texts{"COMMENT ON TABLE t IS '\n\\! id\n-- x\nCOPY t (a) FROM stdin;\n'"}
    );
}

TEST(SqlReader, says_in_what_a_file_ends) {
    const std::string copy = "COPY public.t (a) FROM stdin";

    EXPECT_EQ(why_not_whole("SELECT 1;\n"), "it is whole");
    EXPECT_EQ(why_not_whole("SELECT 1;\nSELECT"), "it ends within a statement");
    EXPECT_EQ(why_not_whole("SELECT 'a"), "it ends within a quoted text");
    EXPECT_EQ(why_not_whole("SELECT $$a"), "it ends within a quoted text");
    EXPECT_EQ(why_not_whole("SELECT 1 /* a"), "it ends within a comment");
    EXPECT_EQ(why_not_whole(copy + ";"), "it ends within the rows of " + copy);
    EXPECT_EQ(why_not_whole(copy + ";\n1\n2\n"), "it ends within the rows of " + copy);
    EXPECT_EQ(why_not_whole(copy + ";\n1\n\\."), "it ends within the rows of " + copy);
}

std::uint64_t inserted_rows(const std::string& statement) {
    Heard heard;
    SqlReader reader(heard);
    reader.add(statement + ";SELECT (1), (2);");
    reader.finish();
    return heard.rows;
}

TEST(InsertedRows, are_counted_in_each_form_that_pg_dump_writes) {
    EXPECT_EQ(inserted_rows("INSERT INTO public.t VALUES (1, 'a')"), 1u);
    EXPECT_EQ(inserted_rows("INSERT INTO public.t (a, b) VALUES (1, 'a'), (2, '(b), (c)')"), 2u);
    EXPECT_EQ(inserted_rows("INSERT INTO public.t VALUES (1, (2), E'\\'('), (3, 4, ')''(')"), 2u);
    EXPECT_EQ(inserted_rows("INSERT INTO public.\"values (\" VALUES\n\t(1),\n\t(2),\n\t(3)"), 3u);
    EXPECT_EQ(inserted_rows("INSERT INTO public.t OVERRIDING SYSTEM VALUE VALUES (1)"), 1u);
    EXPECT_EQ(inserted_rows("INSERT INTO public.t DEFAULT VALUES"), 1u);
    EXPECT_EQ(inserted_rows("SELECT 1"), 0u);
}

/// What is kept of a statement of any size is its beginning.
TEST(SqlReader, reads_a_statement_of_any_size_and_keeps_its_beginning) {
    const std::string value(SqlReader::longest_kept + 1000, 'x');
    const std::string insert = "INSERT INTO public.t VALUES ('" + value + "'), ('--' -- ;\n)";
    const std::string function = "CREATE FUNCTION f() AS $a$" + value + "$a $ a$ $$; $b$;$a$";
    Heard heard;
    SqlReader reader(heard);
    reader.add(insert + ";\n" + function + ";\nINSERT INTO public.t VALUES (1);\n");
    reader.finish();

    ASSERT_EQ(heard.texts.size(), 3u);
    EXPECT_EQ(heard.texts[0], insert.substr(0, SqlReader::longest_kept));
    EXPECT_EQ(heard.sizes[0], insert.size() - std::string("-- ;").size());
    EXPECT_EQ(heard.texts[1], function.substr(0, SqlReader::longest_kept));
    EXPECT_EQ(heard.sizes[1], function.size());
    EXPECT_EQ(heard.texts[2], "INSERT INTO public.t VALUES (1)");
    EXPECT_EQ(heard.rows, 3u);
}

TEST(SqlReader, cannot_tell_of_a_copy_whose_columns_no_dump_has) {
    Heard heard;
    SqlReader reader(heard);
    const std::string column(SqlReader::longest_kept, 'x');
    try {
        reader.add("COPY public.t (" + column + ") FROM stdin;\n1\n\\.\n");
        ADD_FAILURE() << "its rows would be taken for SQL";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing);
        EXPECT_STREQ(
            failure.what(),
            "it has a COPY of over 4 MiB, which no dump has and which cannot be looked into here"
        );
    }
}

}  // namespace
}  // namespace backupwatch
