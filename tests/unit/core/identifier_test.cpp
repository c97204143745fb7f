#include "core/backup/identifier.hpp"

#include <gtest/gtest.h>

#include <utility>

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

}  // namespace
}  // namespace backupwatch
