#include "config/document.hpp"

#include "config_folder.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

std::vector<std::string> names(const Settings& settings) {
    std::vector<std::string> result;
    for (const DatabaseSettings& database : settings.databases) result.push_back(database.name);
    return result;
}

using Lines = std::vector<std::string>;

TEST(Include, adds_the_databases_of_every_file_that_matches) {
    ConfigFolder folder;
    folder.write("databases: [{name: b}, {name: c}]", "databases.d/1.yaml");
    folder.write("databases: [{name: d}]", "databases.d/2.yaml");
    folder.write("databases: [{name: x}]", "databases.d/2.yaml.orig");

    const Settings settings =
        folder.settings_of("include: databases.d/*.yaml\ndatabases: [{name: a}]");

    EXPECT_EQ(names(settings), (Lines{"a", "b", "c", "d"}));
}

TEST(Include, is_enough_without_databases_of_its_own) {
    ConfigFolder folder;
    folder.write("databases: [{name: b}]", "more/b.yaml");

    EXPECT_EQ(names(folder.settings_of("include: [more/*.yaml, more/b.yaml]")), Lines{"b"});
}

TEST(Include, places_errors_in_the_file_that_has_them) {
    ConfigFolder folder;
    folder.write("databases:\n  - name: b\n    urll: x\n", "more/b.yaml");
    folder.write("http: {}\ndatabases: [{name: a}]\n", "more/c.yaml");
    folder.write("databases: [\n", "more/d.yaml");
    folder.write("- name: e\n", "more/e.yaml");

    EXPECT_EQ(
        folder.errors_of("include: more/*.yaml\ndatabases: [{name: a}]\n"),
        (Lines{
            "more/b.yaml:3:5: unknown key \"urll\": did you mean \"url\"?",
            "more/c.yaml:1:1: unknown key \"http\": an included file holds databases alone",
            "more/c.yaml:2:20: name: duplicate \"a\", as at config.yaml:2:20",
            "more/d.yaml:2:1: not valid YAML: end of sequence flow not found",
            "more/e.yaml:1:1: an included file must be a mapping with databases"})
    );
}

TEST(Include, that_matches_nothing_is_an_error) {
    ConfigFolder folder;

    EXPECT_EQ(
        folder.errors_of("include: [databases.d/*.yaml, {}]\ndatabases: [{name: a}]\n"),
        (Lines{
            "config.yaml:1:11: include: \"databases.d/*.yaml\" matches no file",
            "config.yaml:1:31: include: must be a pattern of file names, or a list of them, not a "
            "mapping"})
    );
}

TEST(Include, without_any_database_is_an_error) {
    ConfigFolder folder;
    folder.write("databases: []", "more/b.yaml");

    EXPECT_EQ(
        folder.errors_of("include: more/*.yaml\n"),
        Lines{"config.yaml:1:1: no database: list at least one in databases"}
    );
}

TEST(Include, resolves_paths_beside_the_included_file) {
    ConfigFolder folder;
    folder.write(
        "databases: [{name: b, backups: [{source: dump, directory: dumps}]}]", "more/b.yaml"
    );

    const Settings settings = folder.settings_of("include: more/*.yaml");

    EXPECT_EQ(settings.databases[0].backups[0].directory, folder.path("more/dumps"));
}

TEST(Defaults, are_merged_under_every_database) {
    ConfigFolder folder;
    folder.write("databases: [{name: b, disk: {poll: 1m}}]", "more/b.yaml");

    const Settings settings = folder.settings_of(R"(
include: more/*.yaml
defaults:
  url: host=db
  disk: {source: database, capacity: 8GB, warning: 70%}
databases:
  - name: a
    disk: {capacity: 9GB}
)");

    ASSERT_EQ(settings.databases.size(), 2u);
    const DiskSettings& a = *settings.databases[0].disk;
    const DiskSettings& b = *settings.databases[1].disk;
    EXPECT_EQ(a.capacity.count, 9'000'000'000u);
    EXPECT_EQ(a.warning.ratio, 0.7);
    EXPECT_EQ(b.capacity.count, 8'000'000'000u);
    EXPECT_EQ(b.poll, std::chrono::minutes(1));
    EXPECT_EQ(settings.databases[1].url.reveal(), "host=db");
}

TEST(Defaults, give_way_to_lists_as_a_whole) {
    ConfigFolder folder;
    const Settings settings = folder.settings_of(R"(
defaults:
  backups: [{source: dump, directory: /srv/a}, {source: dump, name: x, directory: /srv/b}]
databases:
  - name: a
    backups: [{source: dump, directory: /srv/c}]
)");

    ASSERT_EQ(settings.databases[0].backups.size(), 1u);
    EXPECT_EQ(settings.databases[0].backups[0].directory, "/srv/c");
}

TEST(Defaults, with_an_error_have_it_once) {
    ConfigFolder folder;

    EXPECT_EQ(
        folder.errors_of("defaults: {ur: x}\ndatabases: [{name: a}, {name: b}, {name: c}]\n"),
        Lines{"config.yaml:1:12: unknown key \"ur\": did you mean \"url\"?"}
    );
    EXPECT_EQ(
        folder.errors_of("defaults: []\ndatabases: [{name: a}]\n"),
        Lines{"config.yaml:1:11: defaults: must be a mapping, not a list"}
    );
}

TEST(Defaults, are_not_copied_without_bound) {
    ConfigFolder folder;
    std::string text = "defaults: {url: host=" + std::string(1'000'000, 'x') + "}\ndatabases:\n";
    for (int i = 0; i < 1000; ++i) text += "  - name: d" + std::to_string(i) + "\n";

    EXPECT_EQ(
        folder.errors_of(text), Lines{"config.yaml:1:11: defaults: too large for so many databases"}
    );
}

TEST(Document, that_cannot_be_read_is_one_error) {
    ConfigFolder folder;
    EXPECT_EQ(folder.errors(), Lines{"config.yaml: cannot be read: No such file or directory"});

    std::filesystem::create_directory(folder.path());
    EXPECT_EQ(folder.errors(), Lines{"config.yaml: cannot be read: Is a directory"});
}

TEST(Document, of_ten_megabytes_is_refused) {
    ConfigFolder folder;

    EXPECT_EQ(
        folder.errors_of(std::string(10'000'000, '#')), Lines{"config.yaml: is larger than 4MiB"}
    );
}

}  // namespace
}  // namespace backupwatch
