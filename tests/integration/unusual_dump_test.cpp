// Dumps that are good, though they look otherwise than most: none of them is called damaged.
#include "foreign_drill_fixture.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace backupwatch {
namespace {

class UnusualDump : public ForeignDrill {};

TEST_F(UnusualDump, with_every_name_quoted_passes) {
    fill(shop);
    fill("CREATE TABLE \"user\" (id serial, at timestamptz); INSERT INTO \"user\" SELECT 1, now()");
    dump("quoted.sql", {"--quote-all-identifiers"});
    dump("quoted.dump", {"-Fc", "--quote-all-identifiers"});
    dump("usual.dump", {"-Fc"});
    for (const char* name : {"quoted.sql", "quoted.dump", "usual.dump"}) {
        EXPECT_EQ(error_of(name), "") << "its names are those of the others";
        const DrillReport report = drill(name);
        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << name << errors_of(report);
        EXPECT_EQ(report.verification.tables.size(), 4u);
    }
}

TEST_F(UnusualDump, with_the_line_ends_of_windows_passes) {
    fill(shop);
    dump("unix.sql", {});
    run("sed 's/$/\\r/' " + (folder_ / "unix.sql").string() + " > " +
        (folder_ / "windows.sql").string());
    const DrillReport report = drill("windows.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    std::uint64_t rows = 0;
    for (const auto& table : report.verification.tables) rows += table.rows;
    EXPECT_EQ(rows, 3051u);
}

TEST_F(UnusualDump, of_a_pg_dump_that_named_no_schema_passes) {
    std::ofstream(folder_ / "old.sql")
        << "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 9.6.1\n"
           "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n"
           "CREATE SCHEMA \"My shop\";\n"
           "SET search_path = public, pg_catalog;\n"
           "CREATE TABLE posts (\n    id integer,\n    title text\n);\n"
           "CREATE SEQUENCE posts_id_seq;\nSELECT pg_catalog.setval('posts_id_seq', 7, true);\n"
           "SET search_path = \"My shop\", pg_catalog;\n"
           "CREATE TABLE posts (\n    id integer\n);\n"
           "SET search_path = public, pg_catalog;\n"
           "COPY posts (id, title) FROM stdin;\n1\ta\n2\tb\n\\.\n\n"
           "SET search_path = \"My shop\", pg_catalog;\n"
           "COPY posts (id) FROM stdin;\n1\n\\.\n\n"
           "--\n-- PostgreSQL database dump complete\n--\n";
    const DrillReport report = drill("old.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    ASSERT_EQ(report.verification.tables.size(), 2u);
    EXPECT_EQ(report.verification.tables[0].name, "public.posts");
    EXPECT_EQ(report.verification.tables[0].rows, 2u);
    EXPECT_EQ(report.verification.tables[1].name, "\"My shop\".posts");
    EXPECT_EQ(report.verification.tables[1].rows, 1u);
}

TEST_F(UnusualDump, of_views_alone_passes_and_says_what_that_proves) {
    fill("CREATE VIEW one AS SELECT 1 AS n");
    dump("views.sql", {});
    dump("views.dump", {"-Fc"});
    for (const char* name : {"views.sql", "views.dump"}) {
        const DrillReport report = drill(name);
        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << name << errors_of(report);
        EXPECT_NE(skipped_of(report).find("it holds no table"), std::string::npos);
    }
}

TEST_F(UnusualDump, that_cannot_be_looked_into_is_no_damage_and_says_why) {
    fill(shop);
    dump("folder", {"-Fd"});
    dump("shop.sql", {});
    run("cd " + folder_.string() +
        " && tar czf folder.tar.gz folder && tar cf other.tar folder && " +
        "cat shop.sql | zstd -q --long=28 > long.sql.zst");
    const Inventory listed = inventory();
    const auto status_of_dump = [&](const std::string& name) {
        const auto found = std::ranges::find(listed.backups, name, &Backup::id);
        return found == listed.backups.end()
                   ? "it is not listed"
                   : std::string(to_string(found->status)) + ": " + found->error;
    };
    for (const char* name : {"folder.tar.gz", "other.tar"}) {
        EXPECT_EQ(
            status_of_dump(name),
            "unknown: it is a tar file that pg_dump did not write, perhaps of a folder that it "
            "did, which cannot be looked into here"
        );
    }
    EXPECT_EQ(
        status_of_dump("long.sql.zst"),
        "unknown: it is compressed with a window of over 128 MiB (zstd --long), which cannot be "
        "looked into here"
    );
}

TEST_F(UnusualDump, of_a_database_that_sorts_otherwise_passes) {
    server_.execute(
        "postgres",
        "CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' "
        "LOCALE 'C.UTF-8' ENCODING 'UTF8'"
    );
    server_.execute(
        "sorted",
        "CREATE TABLE words (word text) PARTITION BY RANGE (word);"
        // Of bytes, the bounds would be the wrong way round.
        "CREATE TABLE few PARTITION OF words FOR VALUES FROM ('a') TO ('M');"
        "INSERT INTO words VALUES ('b'), ('C'), ('l')"
    );
    server_.run("pg_dump", {"-Fc", "--file=" + (folder_ / "1.dump").string(), "--dbname=sorted"});
    server_.run("pg_dump", {"-C", "--file=" + (folder_ / "2.sql").string(), "--dbname=sorted"});
    server_.execute("postgres", "DROP DATABASE sorted");
    for (const char* name : {"1.dump", "2.sql"}) {
        const DrillReport report = drill(name);
        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << name << errors_of(report);
    }
}

/// Of a server's installation, which belongs to root.
class InstalledExtension {
  public:
    InstalledExtension() {
        folder_ = "/usr/share/postgresql/15/extension";
        std::ofstream(folder_ / "bw_places.control") << "default_version = '1'\n";
        std::ofstream(folder_ / "bw_places--1.sql")
            << "CREATE TABLE places (id integer, name text);"
               "INSERT INTO places SELECT n, 'its own' FROM generate_series(1, 100) n;"
               "SELECT pg_extension_config_dump('places', 'WHERE id > 100');";
    }
    ~InstalledExtension() {
        fs::remove(folder_ / "bw_places.control");
        fs::remove(folder_ / "bw_places--1.sql");
    }
    InstalledExtension(const InstalledExtension&) = delete;
    InstalledExtension& operator=(const InstalledExtension&) = delete;

  private:
    fs::path folder_;
};

TEST_F(UnusualDump, of_an_extension_that_has_rows_of_its_own_passes) {
    if (::access("/usr/share/postgresql/15/extension", W_OK) != 0) GTEST_SKIP() << "not as root";
    const InstalledExtension extension;
    fill(
        "CREATE EXTENSION bw_places; INSERT INTO places VALUES (101, 'ours');"
        "CREATE TABLE t AS SELECT 1"
    );
    dump("places.sql", {});
    dump("places.dump", {"-Fc"});
    for (const char* name : {"places.sql", "places.dump"}) {
        const DrillReport report = drill(name);
        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << name << errors_of(report);
        ASSERT_EQ(report.verification.tables.size(), 2u);
        for (const auto& table : report.verification.tables) EXPECT_EQ(table.rows, 1u);
    }
    fill("DROP EXTENSION bw_places");
}

TEST_F(UnusualDump, of_inserts_says_of_which_tables_it_has_none) {
    fill(shop);
    fill("CREATE TABLE secrets AS SELECT 1 AS id");
    dump("shop.sql", {"--inserts", "--exclude-table-data=secrets"});
    const DrillReport report = drill("shop.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    const std::string skipped = skipped_of(report);
    EXPECT_NE(skipped.find("rows of public.secrets: the file has no INSERT"), skipped.npos)
        << skipped;
}

TEST_F(UnusualDump, of_another_database_than_the_url_names_says_so) {
    fill(shop);
    dump("shop.sql", {"--create"});
    url_ = Secret(server_.url("blog"));
    const DrillReport report = drill("shop.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    const std::string skipped = skipped_of(report);
    EXPECT_NE(skipped.find("database blog: the file has none of that name: shop was"), skipped.npos)
        << skipped;
}

TEST_F(UnusualDump, that_sets_a_locale_which_is_not_here_passes_and_says_so) {
    fill(shop);
    const fs::path path = dump("shop.sql", {});
    const std::string sql = read_file(path, 1 << 30);
    const auto first = sql.find("SET statement_timeout");
    std::ofstream(path, std::ios::trunc) << sql.substr(0, first) << "SET lc_time = 'xx_XX.UTF-8';\n"
                                         << sql.substr(first);
    const DrillReport report = drill("shop.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    const std::string skipped = skipped_of(report);
    EXPECT_NE(skipped.find("setting lc_time = xx_XX.UTF-8: "), skipped.npos) << skipped;
}

TEST_F(UnusualDump, written_over_while_it_is_fetched_is_neither_good_nor_bad) {
    fill("CREATE TABLE big AS SELECT repeat('x', 1000000) AS text FROM generate_series(1, 30)");
    const fs::path path = dump("shop.sql", {});
    bool is_changed = false;
    const DrillReport report = drill("shop.sql", [&](const Progress& progress) {
        if (progress.phase != "fetch" || progress.bytes_done == 0 || is_changed) return;
        is_changed = true;
        std::fstream file(path, std::ios::in | std::ios::out);
        file.seekp(-100, std::ios::end);
        file << "and so on";
    });

    EXPECT_TRUE(is_changed);
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_NE(errors_of(report).find("shop.sql was written anew"), std::string::npos)
        << errors_of(report);
}

}  // namespace
}  // namespace backupwatch
