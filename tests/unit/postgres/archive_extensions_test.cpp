#include "postgres/archive_extensions.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace backupwatch {
namespace {

using NameSet = std::set<std::string>;
using Ids = std::set<int>;

ArchiveEntry entry(int id, std::string kind, std::string name, std::vector<int> dependencies) {
    ArchiveEntry entry;
    entry.dump_id = id;
    entry.description = std::move(kind);
    entry.name = std::move(name);
    entry.dependencies = std::move(dependencies);
    return entry;
}

bool no_rows(int) {
    return false;
}

Archive with(std::vector<ArchiveEntry> more) {
    Archive archive;
    archive.entries = {
        entry(2, "EXTENSION", "pg_cron", {}),
        entry(9, "COMMENT", "EXTENSION pg_cron", {2}),
        entry(3, "EXTENSION", "postgis", {11}),
        entry(11, "SCHEMA", "gis", {}),
        entry(20, "TABLE", "places", {3}),
        entry(21, "TABLE DATA", "places", {20}),
    };
    for (auto& one : more) archive.entries.push_back(std::move(one));
    return archive;
}

TEST(ArchiveExtensions, that_nothing_depends_on_are_left_out_with_what_is_said_about_them) {
    const auto result = without_extensions(with({}), {"pg_cron", "postgis"}, no_rows);

    EXPECT_EQ(result.left_out, NameSet{"pg_cron"});
    EXPECT_EQ(result.needed, NameSet{"postgis"});
    EXPECT_EQ(result.entries, (Ids{2, 9}));
}

TEST(ArchiveExtensions, are_needed_by_whatever_else_depends_on_them) {
    for (const char* kind :
         {"TABLE", "INDEX", "FUNCTION", "VIEW", "TRIGGER", "DEFAULT", "POLICY"}) {
        const Archive archive = with({entry(30, kind, "x", {11, 2})});
        const auto result = without_extensions(archive, {"pg_cron"}, no_rows);
        EXPECT_EQ(result.needed, NameSet{"pg_cron"});
        EXPECT_EQ(result.needing, Ids{30});
    }
}

TEST(ArchiveExtensions, that_the_archive_does_not_make_are_needed) {
    EXPECT_EQ(without_extensions(with({}), {"other"}, no_rows).needed, NameSet{"other"});
}

TEST(ArchiveExtensions, that_only_left_out_ones_need_are_left_out_too) {
    const Archive archive =
        with({entry(30, "EXTENSION", "base", {}), entry(31, "EXTENSION", "upon_it", {30})});

    const auto both = without_extensions(archive, {"base", "upon_it"}, no_rows);
    const auto one = without_extensions(archive, {"base"}, no_rows);

    EXPECT_EQ(both.left_out, (NameSet{"base", "upon_it"}));
    EXPECT_EQ(both.entries, (Ids{30, 31}));
    EXPECT_EQ(both.needing, Ids{});
    EXPECT_EQ(one.needed, NameSet{"base"});
}

TEST(ArchiveExtensions, are_all_needed_where_a_table_of_one_has_rows) {
    const Archive archive = with({entry(30, "TABLE DATA", "job", {999})});

    const auto empty = without_extensions(archive, {"pg_cron"}, no_rows);
    const auto filled = without_extensions(archive, {"pg_cron"}, [](int id) { return id == 30; });

    EXPECT_EQ(empty.left_out, NameSet{"pg_cron"});
    EXPECT_EQ(filled.needed, NameSet{"pg_cron"});
    EXPECT_TRUE(filled.entries.empty());
    EXPECT_EQ(filled.needing, Ids{30});
}

TEST(ArchiveExtensions, have_members_which_only_their_rows_and_rights_speak_of) {
    const Archive archive = with({
        entry(30, "TABLE DATA", "job", {999}),
        entry(31, "SEQUENCE SET", "job_id_seq", {998}),
        entry(32, "ACL", "TABLE job", {999}),
        entry(33, "INDEX", "of_what_is_not_here", {997}),
    });

    EXPECT_EQ(entries_about_members(archive), (Ids{30, 31, 32}));
}

TEST(ArchiveExtensions, are_left_out_by_a_list_in_the_order_of_the_archive) {
    EXPECT_EQ(restore_list(with({}), {2, 9}), "3;\n11;\n20;\n21;\n");
}

/// Each needs the one before it: the last goes first.
TEST(ArchiveExtensions, of_a_hostile_number_are_left_out_without_delay) {
    constexpr int many = 50'000;
    Archive archive;
    std::set<std::string> missing;
    for (int id = 1; id <= many; ++id) {
        const std::string name = "e" + std::to_string(id);
        archive.entries.push_back(entry(id, "EXTENSION", name, {id - 1}));
        missing.insert(name);
    }
    const auto began = std::chrono::steady_clock::now();
    const auto result = without_extensions(archive, missing, no_rows);

    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
    EXPECT_EQ(result.left_out, missing);
    EXPECT_EQ(result.needed, NameSet{});
}

}  // namespace
}  // namespace backupwatch
