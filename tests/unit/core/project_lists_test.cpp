#include "core/backup/project_lists.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(ProjectLists, name_an_entry_so_that_the_printed_pattern_is_to_the_letter) {
    EXPECT_EQ(
        in_list({"TABLE DATA", "auth", "sessions"}, "supabase_auth_admin"),
        "; TABLE DATA auth sessions supabase_auth_admin"
    );
    EXPECT_EQ(
        take_out(
            {{"TABLE DATA", "auth", "sessions"},
             {"EXTENSION", "", "a.b"},
             {"SEQUENCE SET", "auth", "s"},
             {"MATERIALIZED VIEW DATA", "public", "v"}}
        ),
        "sed -i.bak -e '/; EXTENSION - a\\.b [^ ]*$/d' structure.list && "
        "sed -i.bak -e '/; TABLE DATA auth sessions [^ ]*$/d' -e '/; SEQUENCE SET auth s [^ ]*$/d' "
        "rows.list && "
        "sed -i.bak -e '/; MATERIALIZED VIEW DATA public v [^ ]*$/d' views.list"
    );
    EXPECT_EQ(in_a_sentence({"TABLE DATA", "auth", "sessions"}), "table data auth.sessions");
    EXPECT_EQ(in_a_sentence({"EXTENSION", "", "plv8"}), "extension plv8");
    EXPECT_EQ(
        take_out({{"TABLE DATA", "auth", "it's/[1]*\\^$"}}),
        "sed -i.bak -e '/; TABLE DATA auth it'\\''s\\/\\[1\\]\\*\\\\\\^\\$ [^ ]*$/d' rows.list"
    );
}

TEST(ProjectLists, of_an_earlier_versions_dump_lack_one) {
    Manifest manifest;
    manifest.files = {{"globals.sql", 1, 1, ""}, {"rows.list", 1, 1, ""}};
    EXPECT_FALSE(has_project_lists(manifest));
    manifest.files.push_back({"large_objects.list", 1, 1, ""});
    EXPECT_TRUE(has_project_lists(manifest));
}

}  // namespace
}  // namespace backupwatch
