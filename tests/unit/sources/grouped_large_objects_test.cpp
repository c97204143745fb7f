// Archives of a real pg_dump 17.5, which writes large objects in groups: BLOB METADATA and BLOBS,
// one of each for those of one owner and of the same rights. support/pg_dump_17/README.md says what
// is in them.
#include "postgres/archive.hpp"
#include "postgres/role_names.hpp"
#include "postgres/row_hash.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/project_restore.hpp"
#include "sources/dump/reconciliation.hpp"
#include "sources/dump/sha256.hpp"
#include "sources/foreign/inspection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

const fs::path archives = SOURCE_DIR "/tests/support/pg_dump_17";
constexpr std::uint64_t large_objects = 4;

std::string sha256_of(std::string_view bytes) {
    Sha256 sha;
    sha.add(bytes);
    return sha.hex();
}

Rows rows_of_large_objects() {
    std::string first;
    for (int i = 0; i < 9; ++i) first += "COMMIT;\n";
    const std::pair<const char*, std::string> objects[] = {
        {"4242", first}, {"4243", "three"}, {"4244", "four"}, {"5000", ""}};
    Rows rows;
    for (const auto& [oid, bytes] : objects) {
        rows += hash_row(std::string(oid) + "\t" + sha256_of(bytes));
    }
    return rows;
}

Archive contents_of_folder() {
    return parse_archive(read_file(archives / "folder/toc.dat", 1 << 20));
}

TEST(GroupedLargeObjects, are_read_in_each_form_of_an_archive) {
    for (const char* name : {"folder", "custom.dump", "tar.dump"}) {
        SCOPED_TRACE(name);
        const Manifest manifest = inspect(archives / name, {}).manifest;

        EXPECT_EQ(manifest.dump_version / 10000, 17);
        ASSERT_TRUE(manifest.large_objects);
        EXPECT_EQ(*manifest.large_objects, rows_of_large_objects());
        ASSERT_EQ(manifest.tables.size(), 1u);
        EXPECT_EQ(manifest.tables.front().name, "public.posts");
        EXPECT_EQ(manifest.tables.front().rows.count, 2u);
    }
}

/// `kind name`, a line each, of the entries that a list has.
std::string entries_in(const std::string& list, const Archive& archive) {
    std::string text;
    std::istringstream lines(list);
    for (std::string line; std::getline(lines, line);) {
        const int id = std::stoi(line);
        const auto entry = std::ranges::find(archive.entries, id, &ArchiveEntry::dump_id);
        if (entry == archive.entries.end()) return "no entry " + line;
        text += entry->description + " " + entry->name + "\n";
    }
    return text;
}

TEST(GroupedLargeObjects, go_into_a_project_as_others_do) {
    const Archive archive = contents_of_folder();
    Manifest manifest;
    manifest.is_of_supabase = true;

    const ProjectLists lists = project_lists(archive, manifest);

    EXPECT_EQ(
        entries_in(lists.large_objects, archive), "BLOBS 4242..4243\nBLOBS 4244\nBLOBS 5000\n"
    );
    const std::string structure = entries_in(lists.structure, archive);
    for (const char* line :
         {"BLOB METADATA 4242..4243\n",
          "BLOB METADATA 4244\n",
          "BLOB METADATA 5000\n",
          "COMMENT LARGE OBJECT 4243\n",
          "ACL LARGE OBJECTS 4242..4243\n"}) {
        EXPECT_NE(structure.find(line), std::string::npos) << line << structure;
    }
    const auto roles = roles_in(users_part(archive, manifest));
    EXPECT_TRUE(roles.contains("clerk"));
    EXPECT_FALSE(roles.contains("owner2"));
}

TEST(GroupedLargeObjects, are_those_of_the_source) {
    WrittenArchive written;
    written.archive = contents_of_folder();
    for (const auto& file : fs::directory_iterator(archives / "folder")) {
        const std::string name = file.path().filename().string();
        if (name == "toc.dat" || file.path().extension() != ".dat") continue;
        PackedFile& packed = written.files[name];
        packed.raw_sha256 = sha256_of(read_file(file.path(), 1 << 20));
        packed.entry.path = name + ".zst";
        packed.rows.count = 2;
        packed.ended = true;
    }
    CountedTable posts;
    posts.table.schema = "public";
    posts.table.name = "posts";
    posts.table.quoted = "public.posts";
    posts.table.columns = {"id", "title"};
    posts.rows = 2;

    EXPECT_EQ(reconcile({posts}, written).size(), 1u);
    EXPECT_EQ(reconcile_large_objects(large_objects, written), rows_of_large_objects());
}

}  // namespace
}  // namespace backupwatch
