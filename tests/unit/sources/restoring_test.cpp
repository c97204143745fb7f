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

}  // namespace
}  // namespace backupwatch
