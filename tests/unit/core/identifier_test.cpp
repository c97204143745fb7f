#include "core/backup/identifier.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace backupwatch {
namespace {

TEST(IdentifierParts, are_unquoted_as_postgresql_quotes_them) {
    const std::vector<std::pair<const char*, std::vector<std::string>>> cases{
        {"posts", {"posts"}},
        {"public.posts.id", {"public", "posts", "id"}},
        {R"(public."e.Mail")", {"public", "e.Mail"}},
        {R"("My ""T"".x".id)", {"My \"T\".x", "id"}},
        {R"("a"".""b")", {"a\".\"b"}},
        {R"("Größe")", {"Größe"}},
        {R"("")", {""}},
        {"", {""}},
    };
    for (const auto& [name, parts] : cases) EXPECT_EQ(identifier_parts(name), parts) << name;
}

TEST(PlainlyQuoted, is_one_name_however_it_was_quoted) {
    for (const auto& [written, plain] : std::vector<std::pair<const char*, const char*>>{
             {"\"public\".\"posts\"", "public.posts"},
             {"public.posts", "public.posts"},
             {"public.\"My posts\"", "public.\"My posts\""},
             {"\"a\"\"b\".\"1st\"", "\"a\"\"b\".\"1st\""},
             {"\"order\".\"values\"", "\"order\".values"},
             {"\"\"", "\"\""},
         }) {
        EXPECT_EQ(plainly_quoted(identifier_parts(written)), plain);
        EXPECT_EQ(identifier_parts(plain), identifier_parts(written));
    }
}

}  // namespace
}  // namespace backupwatch
