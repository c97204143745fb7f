#include "sources/dump/manifest_json.hpp"
#include "system/reseal.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr const char* tables =
    "CREATE TABLE posts (id integer PRIMARY KEY, title text NOT NULL);"
    "INSERT INTO posts SELECT i, 'title ' || md5(i::text) FROM generate_series(1, 1200) AS i;"
    "CREATE TABLE comments (id integer PRIMARY KEY, post integer REFERENCES posts);"
    "INSERT INTO comments SELECT i, i FROM generate_series(1, 300) AS i;";

/// Two good dumps, of which a test damages the newer one. Whatever it does to that, the drill must
/// say what is wrong, and leave the older one alone.
class Damage : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const TestPostgres& server = TestPostgres::shared();
        for (const char* database : {"accounts", "shop"}) {
            server.create_database(database);
            server.execute(database, tables);
        }
        accounts_ = std::make_unique<Site>(server.url("accounts"), "accounts");
        foreign_ = accounts_->take_backup();
        // Its id must be free among ours, which are named after the second.
        std::this_thread::sleep_for(std::chrono::seconds(1));
        shop_ = std::make_unique<Site>(server.url("shop"));
        good_ = shop_->take_backup();
        bad_ = shop_->take_backup();
    }

    static void TearDownTestSuite() {
        accounts_.reset();
        shop_.reset();
    }

    Damage() : site_(TestPostgres::shared().url("shop")) {
        fs::copy(shop_->dumps(), site_.dumps(), fs::copy_options::recursive);
    }

    ~Damage() override {
        EXPECT_EQ(contents_of(site_.dumps() / good_), contents_of(shop_->dumps() / good_));
        EXPECT_EQ(site_.left_behind(), std::vector<std::string>());
    }

    fs::path bad() const { return site_.dumps() / bad_; }

    /// Where the rows of a table lie, below the dump's folder.
    fs::path rows_of(const std::string& table) const {
        const Manifest manifest = parse_manifest(read_text(bad() / "manifest.json"));
        for (const TableContent& content : manifest.tables) {
            if (content.name == table) return fs::path("archive") / content.file;
        }
        throw std::runtime_error("no " + table);
    }

    void flip_a_byte(const fs::path& file) const {
        std::string bytes = read_text(bad() / file);
        bytes.at(bytes.size() / 2) ^= 1;
        write_text(bad() / file, bytes);
    }

    void cut(const fs::path& file, std::uint64_t size) const {
        fs::resize_file(bad() / file, size);
    }

    void expect_drill(const std::string& id, int exit_code, const std::string& sentence) const {
        const Ran drill = site_.drill(id);
        EXPECT_EQ(drill.exit_code, exit_code) << drill.out << drill.err;
        const auto report = drill.json();
        EXPECT_EQ(report.at("result").as_string(), exit_code == 2 ? "failed" : "unknown");
        const auto& errors = report.at("errors").as_array();
        ASSERT_FALSE(errors.empty());
        const std::string first(errors.front().as_string());
        EXPECT_NE(first.find(sentence), std::string::npos) << first;
    }
    void expect_failed(const std::string& sentence) const { expect_drill(bad_, 2, sentence); }
    void expect_unknown(const std::string& sentence) const { expect_drill(bad_, 3, sentence); }

    Site site_;
    static inline std::unique_ptr<Site> accounts_;
    static inline std::unique_ptr<Site> shop_;
    static inline std::string foreign_;
    static inline std::string good_;
    static inline std::string bad_;
};

TEST_F(Damage, is_not_there_in_what_was_just_taken) {
    EXPECT_EQ(site_.completed(), (std::vector{good_, bad_}));
    EXPECT_EQ(site_.drill(bad_).exit_code, 0);
    EXPECT_EQ(site_.drill(good_).exit_code, 0);
}

TEST_F(Damage, by_cutting_the_archive_short_is_named) {
    const auto file = rows_of("public.posts");
    const auto size = fs::file_size(bad() / file);
    cut(file, size - 100);
    expect_failed(
        file.string() + " is cut short: " + std::to_string(size - 100) + " of " +
        std::to_string(size) + " bytes"
    );
}

/// A drill by hand asks about the newest backup: an older one that is good does not answer for it.
TEST_F(Damage, that_a_listing_sees_is_found_by_a_drill_of_the_newest_all_the_same) {
    cut(rows_of("public.posts"), 10);
    EXPECT_EQ(site_.completed(), std::vector{good_});
    const Ran drill = site_.run({"drill", "shop", "--json"});
    EXPECT_EQ(drill.exit_code, 2) << drill.out << drill.err;
    EXPECT_EQ(drill.json().at("backup").at("id").as_string(), bad_);
}

/// What lies behind a newer dump that is whole is neither the newest nor gone, and lost all the
/// same.
TEST_F(Damage, of_an_older_dump_that_was_seen_whole_is_a_warning_of_retention) {
    EXPECT_EQ(site_.run({"check", "shop"}).exit_code, 0) << "all are seen whole";
    const auto file = rows_of("public.posts");
    cut(file, 10);
    const std::string newest = site_.take_backup();
    EXPECT_EQ(site_.completed(), (std::vector{good_, newest}));

    const Ran check = site_.run({"check", "shop", "--json"});
    std::string retention;
    std::string backup;
    const auto document = check.json();
    for (const auto& finding : document.at("findings").as_array()) {
        std::string& said = finding.at("check").as_string() == "retention" ? retention : backup;
        if (finding.at("check").as_string() != "retention" &&
            finding.at("check").as_string() != "backup") {
            continue;
        }
        said = std::string(finding.at("severity").as_string()) + ": " +
               std::string(finding.at("summary").as_string());
    }
    EXPECT_TRUE(backup.starts_with("ok: ")) << backup;
    EXPECT_TRUE(retention.starts_with("warning: 1 backup damaged since completed: " + bad_))
        << retention;
    EXPECT_NE(retention.find(file.string() + " is cut short: 10 of "), std::string::npos)
        << retention;
}

TEST_F(Damage, of_one_bit_in_a_tables_rows_is_named_with_the_table) {
    flip_a_byte(rows_of("public.posts"));
    expect_failed("public.posts");
}

TEST_F(Damage, of_one_bit_in_the_table_of_contents_is_named) {
    flip_a_byte("archive/toc.dat");
    expect_failed("toc.dat");
}

TEST_F(Damage, of_one_bit_in_the_roles_is_named) {
    flip_a_byte("globals.sql");
    expect_failed("globals.sql");
}

TEST_F(Damage, of_one_bit_in_the_instructions_is_named) {
    flip_a_byte("README.txt");
    expect_failed("README.txt");
}

TEST_F(Damage, of_one_bit_in_the_manifest_is_named) {
    flip_a_byte("manifest.json");
    EXPECT_EQ(site_.completed(), std::vector{good_});
    expect_failed("manifest.json differs from its own checksum");
}

TEST_F(Damage, of_the_manifests_last_byte_is_named) {
    cut("manifest.json", fs::file_size(bad() / "manifest.json") - 1);
    expect_failed("manifest.json differs from its own checksum");
}

TEST_F(Damage, by_zero_bytes_is_named_for_every_file) {
    for (const auto& [file, bytes] : contents_of(bad())) {
        SCOPED_TRACE(file);
        cut(file, 0);
        expect_failed(file + " is empty");
        write_text(bad() / file, bytes);
    }
}

TEST_F(Damage, by_files_that_are_missing_or_too_many_is_named) {
    const auto file = rows_of("public.comments");
    fs::rename(bad() / file, bad() / "archive/elsewhere");
    expect_failed(file.string() + " is missing");
    fs::rename(bad() / "archive/elsewhere", bad() / file);
    write_text(bad() / "archive/9999.dat.zst", "what is this?");
    expect_failed("archive/9999.dat.zst is not of this dump");
    fs::remove(bad() / "archive/9999.dat.zst");
    fs::remove(bad() / "manifest.json");
    expect_failed("has no manifest.json");
}

TEST_F(Damage, by_one_missing_row_is_counted_though_everything_restores) {
    change_rows(bad(), "public.posts", [](std::string& rows) {
        const auto first = rows.find("\n1200\t") + 1;  // no comment refers to it
        rows.erase(first, rows.find('\n', first) + 1 - first);
    });
    expect_failed("public.posts: 1 of 1200 rows missing");
}

TEST_F(Damage, by_one_doubled_row_is_counted_though_everything_restores) {
    change_rows(bad(), "public.comments", [](std::string& rows) { rows.insert(0, "301\t1\n"); });
    expect_failed("public.comments: 1 row too many (301 instead of 300)");
}

TEST_F(Damage, by_one_changed_value_is_seen_though_everything_restores) {
    change_rows(bad(), "public.posts", [](std::string& rows) {
        rows.replace(rows.find("title "), 5, "Title");
    });
    expect_failed("public.posts: 1200 rows, but their content differs");
}

TEST_F(Damage, by_a_value_that_does_not_load_is_told_in_postgresqls_words) {
    change_rows(bad(), "public.comments", [](std::string& rows) { rows.insert(0, "x\t1\n"); });
    const Ran drill = site_.drill(bad_);
    EXPECT_EQ(drill.exit_code, 2) << drill.out << drill.err;
    EXPECT_NE(drill.out.find("invalid input syntax for type integer"), std::string::npos);
}

TEST_F(Damage, by_a_table_that_was_promised_and_is_not_there_is_named) {
    reseal(bad(), [](Manifest& manifest) {
        TableContent gone = manifest.tables.front();
        gone.name = "public.gone";
        gone.dump_id = 99999;
        manifest.tables.push_back(gone);
    });
    expect_failed("public.gone: table missing");
}

TEST_F(Damage, by_an_archive_without_one_of_the_tables_is_named) {
    const TestPostgres& server = TestPostgres::shared();
    server.create_database("without_comments", "TEMPLATE shop");
    server.execute("without_comments", "DROP TABLE comments");
    const Site without(server.url("without_comments"));
    const fs::path dump = without.dumps() / without.take_backup();
    fs::remove_all(bad() / "archive");
    fs::copy(dump / "archive", bad() / "archive", fs::copy_options::recursive);
    reseal_files(bad());
    expect_failed("public.comments: table missing");
}

TEST_F(Damage, by_another_databases_dump_under_our_name_is_named) {
    fs::copy(accounts_->dumps(), site_.dumps(), fs::copy_options::recursive);
    EXPECT_EQ(site_.completed(), (std::vector{good_, bad_}));
    expect_drill(foreign_, 2, "it is a dump of another database: \"accounts\"");
}

TEST_F(Damage, by_another_dump_under_a_dumps_id_is_named) {
    fs::remove_all(bad());
    fs::copy(accounts_->dumps() / foreign_, bad(), fs::copy_options::recursive);
    expect_failed("the folder " + bad_ + " holds the dump " + foreign_ + ": it was renamed");
}

TEST_F(Damage, is_not_claimed_where_the_drill_lacks_an_extension) {
    reseal(bad(), [](Manifest& manifest) {
        manifest.extensions.push_back({"not_installed_here", "1.0", "public"});
    });
    expect_unknown("the extension not_installed_here is not installed for PostgreSQL");
}

TEST_F(Damage, is_not_claimed_where_the_drill_lacks_room) {
    reseal(bad(), [](Manifest& manifest) { manifest.database_size = 1ull << 52; });
    expect_unknown("a drill of this backup needs about");
}

TEST_F(Damage, is_not_claimed_where_no_postgresql_is_new_enough) {
    reseal(bad(), [](Manifest& manifest) { manifest.server_version = 990001; });
    expect_unknown("Install the package postgresql-99");
}

TEST_F(Damage, is_not_claimed_of_a_backup_that_does_not_exist) {
    const Ran drill = site_.drill("20200101T000000Z");
    EXPECT_EQ(drill.exit_code, 3) << drill.out << drill.err;
    EXPECT_NE(drill.err.find("shop/nightly has no backup \"20200101T000000Z\""), std::string::npos);
}

}  // namespace
}  // namespace backupwatch
