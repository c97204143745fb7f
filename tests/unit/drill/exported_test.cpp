#include "drill/exported.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

Manifest of_a_shop() {
    Manifest manifest;
    for (const char* name : {"public.posts", "public.days_1", "app.\"Odd.Name\""}) {
        manifest.tables.emplace_back().name = name;
    }
    manifest.schema.push_back({"table", "public.days", ""});
    return manifest;
}

/// The hint, or nothing where the table may be there.
std::string refused(const Manifest& manifest, const std::string& table) {
    try {
        require_table(manifest, table);
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
        EXPECT_EQ(failure.what(), "the backup has no table " + table);
        return failure.hint();
    }
    return {};
}

TEST(RequiredTable, is_looked_for_before_anything_is_restored) {
    const Manifest shop = of_a_shop();
    for (const char* name :
         {"posts", "POSTS", "public.posts", "\"public\".\"posts\"", "days", "app.\"Odd.Name\""}) {
        EXPECT_EQ(refused(shop, name), "") << name;
    }
    EXPECT_EQ(refused(shop, "post"), "did you mean public.posts?");
    EXPECT_EQ(refused(shop, "public.pots"), "did you mean public.posts?");
    EXPECT_NE(refused(shop, "completely_different").find("lists them"), std::string::npos);
    EXPECT_EQ(refused(Manifest(), "posts"), "it has no table at all.");
}

TEST(RequiredTable, is_not_judged_by_what_a_file_of_another_tool_seems_to_hold) {
    Manifest manifest = of_a_shop();
    manifest.is_from_file = true;
    EXPECT_EQ(refused(manifest, "somewhere"), "");
}

}  // namespace
}  // namespace backupwatch
