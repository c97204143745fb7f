#include "fakes/test_postgres.hpp"
#include "postgres/connection.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

const std::vector<std::string> odd_texts{
    "posts",
    "Posts",
    "_x1",
    "1x",
    "",
    "a b",
    "we\"ird",
    "it's",
    "back\\slash",
    "é",
    "a.b",
    "x$",
};

TEST(QuoteIdentifier, writes_every_name_as_the_server_does) {
    const auto& server = TestPostgres::shared();
    std::vector<std::string> names = odd_texts;
    std::istringstream keywords(
        server.value("postgres", "SELECT string_agg(word, ' ') FROM pg_get_keywords()")
    );
    for (std::string word; keywords >> word;) names.push_back(word);
    ASSERT_GT(names.size(), 400u);

    std::string ours;
    std::string literals;
    for (const auto& name : names) {
        ours += quote_identifier(name) + "\n";
        literals += (literals.empty() ? "" : ", ") + quote_literal(name);
    }
    const std::string theirs = server.value(
        "postgres",
        "SELECT string_agg(format('%I', name), E'\\n' ORDER BY n) || E'\\n' "
        "FROM unnest(ARRAY[" +
            literals + "]) WITH ORDINALITY AS t (name, n)"
    );

    EXPECT_EQ(ours, theirs);
}

TEST(QuoteIdentifier, quotes_words_that_only_newer_servers_reserve) {
    EXPECT_EQ(quote_identifier("system_user"), "\"system_user\"");
    EXPECT_EQ(quote_identifier("json_table"), "\"json_table\"");
}

TEST(QuoteLiteral, is_read_back_by_the_server_as_it_was) {
    const auto& server = TestPostgres::shared();
    for (const auto& text : odd_texts) {
        EXPECT_EQ(server.value("postgres", "SELECT " + quote_literal(text)), text);
    }
}

}  // namespace
}  // namespace backupwatch
