#include "sources/dump/listing.hpp"

#include "core/failure.hpp"
#include "process/workspace.hpp"
#include "sample_dump.hpp"
#include "sources/dump/folder.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

class DumpListing : public testing::Test {
  protected:
    std::vector<DumpSummary> read() { return listing_.read(); }
    Backup only() {
        const auto dumps = read();
        EXPECT_EQ(dumps.size(), 1u);
        return dumps.at(0).backup;
    }

    TemporaryFolder directory_;
    Listing listing_{directory_.path(), "shop"};
};

TEST_F(DumpListing, tells_what_the_manifest_says_of_a_complete_dump) {
    SampleDump dump(directory_.path());
    dump.manifest.keep_until = instant("2027-01-01T00:00:00Z");
    dump.write_manifest();

    const Backup backup = only();

    EXPECT_EQ(backup.id, "20261122T030000Z");
    EXPECT_EQ(backup.status, BackupStatus::completed) << backup.error;
    EXPECT_EQ(backup.started_at, dump.manifest.started_at);
    EXPECT_EQ(backup.finished_at, dump.manifest.finished_at);
    EXPECT_EQ(backup.label, dump.manifest.label);
    EXPECT_EQ(backup.keep_until, dump.manifest.keep_until);
    const auto expected =
        dump.manifest.files[0].size + 19 + fs::file_size(dump.folder / "manifest.json");
    EXPECT_EQ(backup.size_bytes, expected);
    EXPECT_EQ(read().at(0).raw_size, dump.manifest.files[0].raw_size);
}

TEST_F(DumpListing, is_empty_for_an_empty_directory_and_fails_without_one) {
    EXPECT_TRUE(read().empty());
    fs::remove(directory_.path());
    EXPECT_THROW(read(), Failure);
}

TEST_F(DumpListing, is_oldest_first_and_leaves_out_what_is_not_ours) {
    SampleDump later(directory_.path(), "20261123T030000Z");
    later.manifest.started_at = instant("2026-11-23T03:00:00Z");
    later.write_manifest();
    SampleDump earlier(directory_.path(), "20261122T030000Z");
    fs::create_directory(directory_ / "lost+found");
    fs::create_directory(directory_ / ".partial-20261124T030000Z");
    std::ofstream(directory_ / "notes.txt") << "mine";

    const auto dumps = read();

    ASSERT_EQ(dumps.size(), 2u);
    EXPECT_EQ(dumps[0].backup.id, "20261122T030000Z");
    EXPECT_EQ(dumps[1].backup.id, "20261123T030000Z");
}

TEST_F(DumpListing, names_each_kind_of_damage) {
    struct Case {
        std::function<void(const fs::path&)> damage;
        std::string sentence;
    };
    const Case cases[] = {
        {[](const fs::path& dump) { fs::remove(dump / "manifest.json"); },
         "the dump 20261122T030000Z has no manifest.json"},
        {[](const fs::path& dump) { fs::resize_file(dump / "manifest.json", 0); },
         "manifest.json is empty"},
        {[](const fs::path& dump) { fs::resize_file(dump / "manifest.json", 500); },
         "manifest.json differs from its own checksum: damaged, cut or changed after the dump"},
        {[](const fs::path& dump) {
             // A gigabyte, of which the disk holds nothing.
             std::ofstream(dump / "manifest.json", std::ios::trunc);
             fs::resize_file(dump / "manifest.json", 1'000'000'000);
         },
         "cannot read DUMP/manifest.json: it has 1000000000 bytes, more than any such file"},
        {[](const fs::path& dump) {
             fs::remove(dump / "manifest.json");
             ASSERT_EQ(::mkfifo((dump / "manifest.json").c_str(), 0600), 0);
         },
         "cannot read DUMP/manifest.json: it is not an ordinary file"},
        {[](const fs::path& dump) {
             fs::remove(dump / "manifest.json");
             fs::create_directory(dump / "manifest.json");
         },
         "cannot read DUMP/manifest.json: it is not an ordinary file"},
        {[](const fs::path& dump) {
             fs::rename(dump / "manifest.json", dump.parent_path() / "x");
             fs::create_symlink("../x", dump / "manifest.json");
         },
         "cannot read DUMP/manifest.json: it is not an ordinary file"},
        {[](const fs::path& dump) {
             fs::remove(dump / "manifest.json");
             fs::create_symlink("/dev/zero", dump / "manifest.json");
         },
         "cannot read DUMP/manifest.json: it is not an ordinary file"},
        {[](const fs::path& dump) {
             fs::rename(dump / "archive", dump.parent_path() / "x");
             fs::create_symlink("../x", dump / "archive");
         },
         "archive/3375.dat.zst is missing"},
        {[](const fs::path& dump) {
             fs::remove(dump / "globals.sql");
             ASSERT_EQ(::mkfifo((dump / "globals.sql").c_str(), 0600), 0);
         },
         "globals.sql is not an ordinary file"},
        {[](const fs::path& dump) {
             fs::remove(dump / "archive/3375.dat.zst");
             fs::create_directory(dump / "archive/3375.dat.zst");
         },
         "archive/3375.dat.zst is missing"},
        {[](const fs::path& dump) { fs::remove(dump / "archive/3375.dat.zst"); },
         "archive/3375.dat.zst is missing"},
        {[](const fs::path& dump) { fs::resize_file(dump / "archive/3375.dat.zst", 0); },
         "archive/3375.dat.zst is empty instead of 32 bytes"},
        {[](const fs::path& dump) { fs::resize_file(dump / "archive/3375.dat.zst", 10); },
         "archive/3375.dat.zst is cut short: 10 of 32 bytes"},
        {[](const fs::path& dump) { fs::resize_file(dump / "archive/3375.dat.zst", 99); },
         "archive/3375.dat.zst is too long: 99 bytes instead of 32 bytes"},
        {[](const fs::path& dump) { std::ofstream(dump / "archive/1.dat.zst") << "x"; },
         "archive/1.dat.zst is not of this dump"},
        {[](const fs::path& dump) {
             fs::remove(dump / "globals.sql");
             fs::create_symlink("/etc/passwd", dump / "globals.sql");
         },
         "globals.sql is not an ordinary file"},
        {[](const fs::path& dump) {
             fs::rename(dump, dump.parent_path() / "x");
             fs::create_symlink("x", dump);
         },
         "20261122T030000Z is not a folder"},
    };

    for (const auto& c : cases) {
        const SampleDump dump(directory_.path());
        ASSERT_EQ(only().status, BackupStatus::completed) << only().error;

        c.damage(dump.folder);

        const Backup backup = only();
        EXPECT_EQ(backup.status, BackupStatus::failed);
        std::string sentence = c.sentence;
        const auto at = sentence.find("DUMP");
        if (at != std::string::npos) sentence.replace(at, 4, dump.folder.string());
        EXPECT_EQ(backup.error, sentence);
        EXPECT_EQ(backup.started_at, instant("2026-11-22T03:00:00Z"));
        fs::remove_all(dump.folder);
        fs::remove_all(directory_ / "x");
    }
}

TEST_F(DumpListing, knows_a_folder_that_was_renamed) {
    const SampleDump dump(directory_.path());
    fs::rename(dump.folder, directory_ / "20261130T030000Z");

    EXPECT_EQ(
        only().error, "the folder 20261130T030000Z holds the dump 20261122T030000Z: it was renamed"
    );
}

TEST_F(DumpListing, names_another_databases_dump) {
    const SampleDump ours(directory_.path(), "20261122T030000Z");
    SampleDump theirs(directory_.path(), "20261122T040000Z", "billing");
    theirs.manifest.system_identifier = "7";
    theirs.manifest.started_at = instant("2026-11-22T04:00:00Z");
    theirs.write_manifest();

    const auto dumps = read();

    EXPECT_EQ(dumps.at(0).backup.status, BackupStatus::completed);
    EXPECT_EQ(dumps.at(1).backup.status, BackupStatus::failed);
    EXPECT_EQ(
        dumps.at(1).backup.error,
        "it is a dump of another database: \"billing\" (in PostgreSQL \"postgres\"), not of "
        "\"shop\""
    );
}

TEST_F(DumpListing, keeps_the_dumps_of_a_database_that_was_renamed_in_the_configuration) {
    const SampleDump before(directory_.path(), "20261122T030000Z", "store");
    const SampleDump after(directory_.path(), "20261122T040000Z", "shop");

    for (const auto& dump : read()) {
        EXPECT_EQ(dump.backup.status, BackupStatus::completed) << dump.backup.error;
    }
}

TEST_F(DumpListing, shows_a_dump_in_the_making_as_running) {
    const auto workspace = Workspace::create(directory_.path(), partial_prefix, "20261122T030000Z");

    const Backup backup = only();

    EXPECT_EQ(backup.id, "20261122T030000Z");
    EXPECT_EQ(backup.status, BackupStatus::running);
}

TEST_F(DumpListing, sees_a_manifest_that_changed_since_the_last_look) {
    SampleDump dump(directory_.path());
    ASSERT_EQ(only().label, dump.manifest.label);
    dump.manifest.label = "another";
    dump.write_manifest();

    EXPECT_EQ(only().label, "another");
}

TEST(DumpId, is_the_second_of_the_start_and_a_number_where_that_is_taken) {
    const Instant start = instant("2026-11-22T03:00:00.999Z");
    TemporaryFolder directory;

    EXPECT_EQ(free_id(directory.path(), start), "20261122T030000Z");
    fs::create_directory(directory / "20261122T030000Z");
    EXPECT_EQ(free_id(directory.path(), start), "20261122T030000Z-2");
    fs::create_directory(directory / ".partial-20261122T030000Z-2");
    EXPECT_EQ(free_id(directory.path(), start), "20261122T030000Z-3");
}

TEST(DumpId, is_nothing_else) {
    for (const auto* name : {"20261122T030000Z", "20261122T030000Z-2"}) {
        EXPECT_TRUE(is_dump_id(name)) << name;
        EXPECT_EQ(instant_of(name), instant("2026-11-22T03:00:00Z"));
    }
    for (const auto* name :
         {"",
          "2026",
          "..",
          "20261122T030000Z-",
          "20261122T030000Z-x",
          "20261122T030000Z/..",
          "2026112xT030000Z",
          "20261122 030000Z"}) {
        EXPECT_FALSE(is_dump_id(name)) << name;
    }
    EXPECT_EQ(instant_of("20261399T030000Z"), std::nullopt);
}

TEST(DumpFolder, is_gone_whole_when_removed) {
    TemporaryFolder directory;
    const SampleDump dump(directory.path());

    remove_dump(directory.path(), dump.manifest.id);

    EXPECT_TRUE(fs::is_empty(directory.path()));
    EXPECT_THROW(remove_dump(directory.path(), dump.manifest.id), Failure);
}

TEST(DumpFolder, is_cleaned_of_what_ended_half_done_and_of_nothing_else) {
    TemporaryFolder directory;
    const SampleDump dump(directory.path());
    const auto at_work = Workspace::create(directory.path(), partial_prefix, "20261122T040000Z");
    fs::create_directories(directory / ".partial-20261121T030000Z/archive");
    fs::create_directories(directory / ".removed-20261120T030000Z/archive");
    fs::create_directory(directory / "lost+found");

    remove_left_overs(directory.path());

    EXPECT_TRUE(fs::exists(dump.folder));
    EXPECT_TRUE(fs::exists(at_work.path()));
    EXPECT_TRUE(fs::exists(directory / "lost+found"));
    EXPECT_FALSE(fs::exists(directory / ".partial-20261121T030000Z"));
    EXPECT_FALSE(fs::exists(directory / ".removed-20261120T030000Z"));
}

}  // namespace
}  // namespace backupwatch
