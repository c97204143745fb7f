#include "sources/foreign/held.hpp"

#include "core/failure.hpp"
#include "sources/foreign/supabase_reader.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

/// What a statement names, in the place of `?`.
std::string naming(std::string sql, const std::string& name) {
    return sql.replace(sql.find('?'), 1, name) + "\n";
}

/// What a reader says of its statements, or "read".
template <class Read>
std::string said_by(const Read& read) {
    try {
        read();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing) << failure.what();
        return failure.what();
    }
    return "read";
}

const std::string longest_of_postgres(63, 'n');
const std::string too_long_name(5000, 'n');
constexpr const char* refused_name = "it has a name of ";
constexpr const char* refused_number =
    "it holds more tables, or others, than can be looked into here";
constexpr std::size_t nearly_all_held = most_held - 50'000;

std::string many_names(const char* sql) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += naming(sql, "n" + std::to_string(i));
    return text;
}

TEST(Held, is_a_bounded_part_of_what_a_plain_file_names) {
    const auto said_of = [](const std::string& sql, std::size_t held) {
        return said_by([&] {
            PlainReader reader(PlainReader::Whole::once_commented, held);
            SqlReader words(reader);
            words.add(sql);
        });
    };
    struct Case {
        const char* sql;
        bool is_kept_once = false;
    };
    for (const Case& c : {
             Case{"CREATE TABLE ? ();"},
             Case{"CREATE TABLE public.? (\n)\nPARTITION BY RANGE (n);"},
             Case{"INSERT INTO ? VALUES (1);"},
             Case{"COPY public.? (n) FROM stdin;\n\\."},
             Case{"COPY public.t (?) FROM stdin;\n\\.", true},
             Case{"SELECT pg_catalog.setval('?', 1, true);"},
             Case{"ALTER TABLE t ATTACH PARTITION ? DEFAULT;"},
             Case{"CREATE TABLE t PARTITION OF ? DEFAULT;"},
             Case{"ALTER TABLE ? ENABLE ROW LEVEL SECURITY;"},
             Case{"CREATE EXTENSION ?;"},
             Case{"GRANT ALL ON TABLE t TO \"?\";"},
             Case{"CREATE POLICY p ON t TO ? USING (true);"},
             Case{"SET client_encoding = '?';", true},
             Case{"SET search_path = ?, pg_catalog;", true},
             Case{"\\connect ?"},
         }) {
        EXPECT_EQ(said_of(naming(c.sql, longest_of_postgres), 0), "read") << c.sql;
        // Of columns the bytes are counted, and a row of them may be long.
        const bool is_column = std::string_view(c.sql).starts_with("COPY public.t");
        if (!is_column) {
            const std::string said = said_of(naming(c.sql, too_long_name), 0);
            EXPECT_TRUE(said.starts_with(refused_name)) << c.sql << ": " << said;
        }
        if (!c.is_kept_once) {
            EXPECT_EQ(said_of(many_names(c.sql), nearly_all_held), refused_number) << c.sql;
        }
    }
}

TEST(Held, is_a_bounded_part_of_what_the_files_of_a_supabase_dump_name) {
    const auto said_of = [](SupabaseFile file, const std::string& sql, std::size_t held) {
        return said_by([&] {
            SupabaseReader reader(held);
            SqlReader words(reader);
            reader.begin(file);
            words.add(sql);
        });
    };
    const std::vector<std::pair<SupabaseFile, const char*>> cases{
        {SupabaseFile::roles, "CREATE ROLE ?;"},
        {SupabaseFile::roles, "ALTER ROLE ? SET statement_timeout TO '3s';"},
        {SupabaseFile::roles, "GRANT ? TO postgres;"},
        {SupabaseFile::roles, "GRANT anon TO ?;"},
        {SupabaseFile::schema, "CREATE SCHEMA IF NOT EXISTS ?;"},
        {SupabaseFile::schema, "CREATE TABLE IF NOT EXISTS public.? ();"},
        {SupabaseFile::schema, "CREATE PUBLICATION ?;"},
        {SupabaseFile::schema, "ALTER PUBLICATION ? ADD TABLE ONLY public.t;"},
        {SupabaseFile::schema, "CREATE POLICY ? ON public.t USING (true);"},
        {SupabaseFile::schema, "ALTER TABLE public.? ENABLE ROW LEVEL SECURITY;"},
        {SupabaseFile::schema,
         "ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES auth.?(id);"},
        {SupabaseFile::schema,
         "ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES auth.users(?);"},
        {SupabaseFile::data, "SELECT pg_catalog.setval('public.?', 1, true);"},
        {SupabaseFile::data, "INSERT INTO public.? (id) VALUES (1);"},
    };
    for (const auto& [file, sql] : cases) {
        EXPECT_EQ(said_of(file, naming(sql, longest_of_postgres), 0), "read") << sql;
        const std::string said = said_of(file, naming(sql, too_long_name), 0);
        EXPECT_TRUE(said.starts_with(refused_name)) << sql << ": " << said;
        EXPECT_EQ(said_of(file, many_names(sql), nearly_all_held), refused_number) << sql;
    }
}

// Taken apart, each dot would be a string of its own.
TEST(Held, is_no_name_of_a_million_parts) {
    EXPECT_EQ(
        said_by([] {
            DatabaseReader reader("shop");
            const std::string sql = "CREATE TABLE " + std::string(1 << 20, '.') + " ()";
            reader.statement({sql, sql.size()}, 0);
        }).substr(0, 16),
        "it has a name of"
    );
}

}  // namespace
}  // namespace backupwatch
