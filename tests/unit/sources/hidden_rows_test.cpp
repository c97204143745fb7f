#include "sources/foreign/hidden_rows.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace backupwatch {
namespace {

ForeignDump night(const std::string& id, std::uint64_t rows, bool is_whole = true) {
    InspectedDump found;
    found.manifest.id = id;
    TableContent posts;
    posts.name = "public.posts";
    posts.rows.count = rows;
    found.manifest.tables = {posts};
    ForeignDump dump;
    dump.backup.id = id;
    if (is_whole) dump.inspected = std::make_shared<const InspectedDump>(std::move(found));
    return dump;
}

TEST(HiddenRows, D4_are_lost_where_an_earlier_dump_has_them) {
    struct Case {
        const char* what;
        std::vector<ForeignDump> dumps;
        bool is_perhaps_hidden;
        const char* than;  ///< the dump that has more; null: none
    };
    const ForeignDump newest = night("c", 0);
    const Case cases[] = {
        {"the one before", {night("b", 7), newest}, true, "b"},
        {"the newest that has any", {night("a", 7), night("b", 7), newest}, true, "b"},
        {"one before it that lost them too", {night("a", 7), night("b", 0), newest}, true, "a"},
        {"none had any", {night("a", 0), newest}, true, nullptr},
        {"only a later one", {newest, night("d", 7)}, true, nullptr},
        {"one that is not whole", {night("b", 7, false), newest}, true, nullptr},
        {"a file that says it holds all", {night("b", 7), newest}, false, nullptr},
    };
    for (const Case& one : cases) {
        InspectedDump dump = *newest.inspected;
        if (one.is_perhaps_hidden) dump.perhaps_hidden = {"public.posts"};

        const auto lost = lost_behind_policies(dump, one.dumps);

        ASSERT_EQ(lost.size(), one.than == nullptr ? 0u : 1u) << one.what;
        if (one.than == nullptr) continue;
        const std::string begin =
            std::string("public.posts has no row, where ") + one.than + " has 7 rows: ";
        EXPECT_TRUE(lost[0].starts_with(begin)) << one.what << ": " << lost[0];
    }
}

}  // namespace
}  // namespace backupwatch
