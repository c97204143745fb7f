#include "sources/foreign/restoring.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

// It is asked for each runbook, on the loop, and the folder may be a mount that hangs.
TEST(ByHandOfSupabaseFiles, is_told_without_a_look_into_the_watched_folder) {
    InspectedDump dump;
    dump.form = DumpForm::supabase;
    dump.manifest.server_version = 150'020;
    dump.manifest.files = {{"schema.sql", 1, 1, ""}, {"data.sql.gz", 1, 1, ""}};
    struct Case {
        const char* path;
        bool lies_among_others;
        const char* schema;
    };
    const Case cases[] = {
        {"/nowhere/night", false, "cp /nowhere/night/schema.sql ."},
        {"/nowhere/data.sql.gz", true, "cp /nowhere/schema.sql ."},
    };
    for (const Case& one : cases) {
        dump.lies_among_others = one.lies_among_others;

        const auto by_hand = foreign_by_hand(one.path, dump);

        ASSERT_TRUE(by_hand);
        EXPECT_EQ(std::ranges::count(by_hand->fetch, one.schema), 1)
            << one.schema << " is not in what begins with " << by_hand->fetch.front();
    }
}

// On a new server nobody has them: all that they own, or may do, would be lost.
TEST(ByHandOfAFile, makes_the_roles_that_it_names_before_its_database) {
    InspectedDump dump;
    dump.manifest.database_name = "shop";
    dump.roles = {"clerk", "it's \"odd\"", "pg_monitor", "public", "a\nb"};
    const std::string roles =
        "printf '%s\\n' 'CREATE ROLE clerk NOLOGIN;' "
        "'CREATE ROLE \"it'\\''s \"\"odd\"\"\" NOLOGIN;' "
        "| psql --no-psqlrc --quiet --dbname=postgres";
    for (const DumpForm form : {DumpForm::custom, DumpForm::plain}) {
        dump.form = form;

        const auto by_hand = foreign_by_hand("/nowhere/shop.dump", dump);

        ASSERT_TRUE(by_hand);
        ASSERT_EQ(by_hand->load.size(), 3U);
        EXPECT_EQ(by_hand->load[0], roles);
        EXPECT_TRUE(by_hand->load[1].starts_with("createdb ")) << by_hand->load[1];
    }
    dump.makes_database = "shop";
    const auto commands = commands_for_new_server("/nowhere/shop.sql", dump);
    EXPECT_EQ(std::ranges::count(commands, roles), 1) << "pg_dump -C makes none either";
    dump.roles.clear();
    EXPECT_EQ(commands_for_new_server("/nowhere/shop.sql", dump).size() + 1, commands.size());
}

}  // namespace
}  // namespace backupwatch
