#include "config/error.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

Mark at(const std::string& file, int line, int column) {
    return {std::make_shared<const std::string>(file), line, column};
}

TEST(ConfigError, is_written_with_its_place) {
    EXPECT_EQ(to_string(ConfigError{at("c.yaml", 3, 7), "wrong"}), "c.yaml:3:7: wrong");
    EXPECT_EQ(to_string(ConfigError{at("c.yaml", 0, 0), "not there"}), "c.yaml: not there");
}

TEST(ConfigError, is_told_once_and_in_the_order_of_the_file) {
    const ConfigErrors errors = in_order(
        {{at("b", 1, 1), "x"},
         {at("a", 10, 1), "late"},
         {at("a", 2, 5), "early"},
         {at("a", 10, 1), "late"},
         {at("a", 10, 1), "another"}}
    );

    std::vector<std::string> lines;
    for (const ConfigError& error : errors) lines.push_back(to_string(error));
    EXPECT_EQ(
        lines,
        (std::vector<std::string>{"a:2:5: early", "a:10:1: late", "a:10:1: another", "b:1:1: x"})
    );
}

TEST(Nearest, finds_the_word_that_was_meant) {
    const std::vector<std::string_view> keys{"directory", "keep", "keep_at_least", "jobs", "url"};
    const std::vector<std::pair<std::string, std::string>> table{
        {"directroy", "directory"},
        {"dir", ""},
        {"Directory", "directory"},
        {"keep_atleast", "keep_at_least"},
        {"keeps", "keep"},
        {"job", "jobs"},
        {"uri", "url"},
        {"a", ""},
        {"password", ""},
        {std::string(100'000, 'k'), ""},
    };
    for (const auto& [written, meant] : table) EXPECT_EQ(nearest(written, keys), meant) << written;
}

TEST(Quotes, keep_an_error_on_one_line) {
    EXPECT_EQ(in_quotes("a\nb\x1b[31m"), "\"a\\x0ab\\x1b[31m\"");
    EXPECT_EQ(in_quotes(std::string(200, 'x')), "\"" + std::string(80, 'x') + "…\"");
    // Cut between characters, not within one.
    EXPECT_EQ(in_quotes(std::string(79, 'x') + "éé"), "\"" + std::string(79, 'x') + "é…\"");
}

TEST(Quotes, hide_the_password_of_a_url) {
    EXPECT_EQ(in_quotes("postgresql://me:hunter2@db/x"), "\"postgresql://me:***@db/x\"");
    EXPECT_EQ(in_quotes("postgresql://me:hun@ter:2@db/x"), "\"postgresql://me:***@db/x\"");
    EXPECT_EQ(in_quotes("postgresql://me@db:5432/x"), "\"postgresql://me@db:5432/x\"");
}

TEST(Quotes, leave_out_a_key_that_may_be_a_value) {
    EXPECT_EQ(quoted_key("directroy"), " \"directroy\"");
    EXPECT_EQ(quoted_key("url:postgresql://me:hunter2@db"), "");
    EXPECT_EQ(quoted_key(std::string(65, 'x')), "");
}

}  // namespace
}  // namespace backupwatch
