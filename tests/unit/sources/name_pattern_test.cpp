#include "sources/dump/name_pattern.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

#include <string>

namespace backupwatch {
namespace {

TEST(NamePattern, matches_as_pg_dump_does) {
    const struct {
        const char* pattern;
        const char* schema;
        const char* table;
        bool match;
    } cases[] = {
        {"public.posts", "public", "posts", true},
        {"public.posts", "public", "posts2", false},
        {"public.posts", "app", "posts", false},
        {"public.posts?", "public", "posts2", true},
        {"public.posts?", "public", "posts", false},
        {"audit.*", "audit", "log", true},
        {"*.log_*_old", "a", "log_x_old_old", true},
        {"*.log_*_old", "a", "log_old", false},
        {"a*a*a*a*a*a*a*a*b", "public", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
        // Without a schema: of each.
        {"audit_log", "public", "audit_log", true},
        {"audit_log", "app", "audit_log", true},
        {"audit_log", "audit_log", "x", false},
        {"*", "public", "x", true},
        // Letters are small ones, but in quotes.
        {"Public.Posts", "public", "posts", true},
        {"public.Posts", "public", "Posts", false},
        {"public.\"Posts\"", "public", "Posts", true},
        {"public.\"Log \"*", "public", "Log 1", true},
        // In quotes all is itself.
        {"\"a.b\"", "a", "b", false},
        {"\"a.b\"", "public", "a.b", true},
        {"\"a*\"", "public", "ab", false},
        {"\"a\"\"b\"", "public", "a\"b", true},
        {"\"log[0-9]\"", "public", "log[0-9]", true},
        {"money$", "public", "money$", true},
    };
    for (const auto& [pattern, schema, table, match] : cases) {
        EXPECT_EQ(NamePattern(pattern).matches(schema, table), match) << pattern << " " << table;
    }
}

TEST(NamePattern, refuses_what_it_cannot_read) {
    const struct {
        const char* pattern;
        const char* why;
    } cases[] = {
        {"log[0-9]", "it has a [, of a regular expression"},
        {"log|trail", "it has a |, of a regular expression"},
        {"shop.public.log", "it has more parts than a schema and a table"},
        {"\"log", "its last double quote has no end"},
        {"public.", "a part of it is empty"},
        {"", "a part of it is empty"},
    };
    for (const auto& [pattern, why] : cases) {
        try {
            NamePattern read(pattern);
            ADD_FAILURE() << pattern;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
            EXPECT_NE(std::string(failure.what()).find(why), std::string::npos) << failure.what();
        }
    }
}

}  // namespace
}  // namespace backupwatch
