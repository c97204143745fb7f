#include "drill/drill.hpp"
#include "dump_fixture.hpp"
#include "sources/foreign/foreign_source.hpp"
#include "store/store.hpp"

#include <sys/mount.h>

#include <fstream>

namespace backupwatch {
namespace {

using Arguments = std::vector<std::string>;

/// Drills dumps that PostgreSQL's own programs left in a folder.
class ForeignDrill : public DumpTest {
  protected:
    ForeignDrill() {
        fs::create_directory(folder_);
        ::chmod(directory_.path().c_str(), 0777);
        ::chmod(folder_.c_str(), 0777);
    }

    void fill(const std::string& sql) { server_.execute("shop", sql); }

    void dump(const std::string& name, Arguments arguments) {
        arguments.push_back("--file=" + (folder_ / name).string());
        arguments.push_back("--dbname=shop");
        server_.run("pg_dump", arguments);
    }
    static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0); }

    std::unique_ptr<Source> watching() {
        ForeignPlan plan;
        plan.database = "shop";
        plan.set = "others";
        plan.directory = folder_;
        plan.files.settle = 0ms;
        plan.patience = patience_;
        return make_foreign_source(std::move(plan), *clock_, pool_, calls_, state_.get());
    }

    Inventory inventory() {
        const auto source = watching();
        return run_on(loop_, source->list());
    }

    /// What is said of it in the list: empty, or why it has failed.
    std::string error_of(const std::string& name) {
        for (const Backup& backup : inventory().backups) {
            if (backup.id != name) continue;
            EXPECT_EQ(backup.status == BackupStatus::completed, backup.error.empty());
            return backup.error;
        }
        return "it is not listed";
    }

    DrillReport drill(const std::string& name) {
        const auto source = watching();
        DrillJob job;
        job.database = "shop";
        job.set = "others";
        job.source = source.get();
        job.backup.id = name;
        job.settings.timeout = 2min;
        return run_on(loop_, driller_.run(std::move(job), [](const Progress&) {}));
    }

    static std::string errors_of(const DrillReport& report) {
        std::string text;
        for (const auto& error : report.verification.errors) text += error + "\n";
        return text;
    }
    static std::string skipped_of(const DrillReport& report) {
        std::string text;
        for (const auto& part : report.verification.skipped) {
            text += part.what + ": " + part.why + "\n";
        }
        return text;
    }

    fs::path folder_ = directory_ / "foreign";
    Duration patience_ = 20s;
    std::unique_ptr<Store> state_ = Store::in_memory();
    Driller driller_{directory_ / "work", *clock_, pool_};
};

// An extension whose name needs quotes: most of the world has it.
constexpr const char* shop =
    "CREATE EXTENSION \"uuid-ossp\"; CREATE TABLE posts (id serial PRIMARY KEY, title text NOT "
    "NULL, at timestamptz DEFAULT now());"
    "INSERT INTO posts (title) SELECT 'post ' || n FROM generate_series(1, 3000) n;"
    "CREATE TABLE \"My users\" (name text UNIQUE); INSERT INTO \"My users\" VALUES ('it''s');"
    "CREATE TABLE part (n int) PARTITION BY RANGE (n);"
    "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);"
    "INSERT INTO part SELECT generate_series(0, 49);"
    "SELECT lo_from_bytea(4711, '\\xc0ffee')";

TEST_F(ForeignDrill, passes_for_a_dump_in_every_form) {
    fill(shop);
    dump("custom.dump", {"-Fc"});
    dump("shop.tar", {"-Ft"});
    dump("folder", {"-Fd"});
    dump("shop.sql", {});
    dump("inserts.sql", {"--inserts"});
    dump("root.dump", {"-Fc", "--load-via-partition-root"});
    dump("create.sql", {"--create"});
    run("cd " + folder_.string() + " && gzip -k shop.sql && zstd -q shop.tar");
    for (const char* name :
         {"custom.dump",
          "shop.tar",
          "folder",
          "shop.sql",
          "inserts.sql",
          "root.dump",
          "create.sql",
          "shop.sql.gz",
          "shop.tar.zst"}) {
        SCOPED_TRACE(name);
        const DrillReport report = drill(name);

        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
        std::uint64_t rows = 0;
        for (const auto& table : report.verification.tables) {
            EXPECT_TRUE(table.ok) << table.name;
            EXPECT_TRUE(table.compared) << table.name;
            rows += table.rows;
        }
        EXPECT_EQ(rows, 3051u);
        EXPECT_NE(skipped_of(report).find("rows of the source"), std::string::npos);
        EXPECT_FALSE(report.commands.empty());
    }
}

TEST_F(ForeignDrill, of_a_cluster_compares_the_database_of_the_set) {
    fill(shop);
    server_.run("pg_dumpall", {"--file=" + (folder_ / "all.sql").string(), "--no-role-passwords"});
    const DrillReport report = drill("all.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    ASSERT_EQ(report.verification.tables.size(), 3u);
}

TEST_F(ForeignDrill, makes_the_roles_that_policies_and_rights_need) {
    fill(
        "CREATE ROLE \"Odd one\"; CREATE ROLE reader;"
        "CREATE TABLE t AS SELECT generate_series(1, 5) AS n; ALTER TABLE t OWNER TO \"Odd one\";"
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY p ON t TO reader, \"Odd one\" USING (n > 1); GRANT SELECT ON t TO reader"
    );
    dump("custom.dump", {"-Fc"});
    dump("shop.sql", {});
    dump("bare.sql", {"-O", "-x"});
    fill("DROP TABLE t; DROP ROLE \"Odd one\", reader");
    for (const char* name : {"custom.dump", "shop.sql", "bare.sql"}) {
        const DrillReport report = drill(name);
        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << name << errors_of(report);
    }
}

TEST_F(ForeignDrill, fails_where_psql_would_only_mention_an_error) {
    fill("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)");
    dump("shop.sql", {});
    run("sed -i 's/^1$/one/' " + (folder_ / "shop.sql").string());

    const DrillReport report = drill("shop.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
    const std::string errors = errors_of(report);
    EXPECT_NE(errors.find("invalid input syntax for type integer"), std::string::npos) << errors;
    EXPECT_NE(errors.find("public.t: 2 of 2 rows missing"), std::string::npos) << errors;
}

// facts/peers.md, 4.3: what lies with exit code 0.
TEST_F(ForeignDrill, is_refused_what_its_own_tools_call_good) {
    fill(shop);
    dump("cut.dump", {"-Fc"});
    dump("killed", {"-Fd"});
    dump("lines", {"-Fd", "-Z0"});
    dump("cut.sql", {});
    dump("schema.dump", {"-Fc", "--schema-only"});
    dump("schema.sql", {"--schema-only"});
    dump("flipped.dump", {"-Fc"});
    dump("rows.sql", {"--data-only"});
    server_.run(
        "pg_dumpall",
        {"--globals-only", "--no-role-passwords", "--file=" + (folder_ / "globals.sql").string()}
    );
    const std::string in_folder = "cd " + folder_.string() + " && ";
    run(in_folder + "truncate -s $(($(stat -c %s cut.dump) * 6 / 10)) cut.dump");
    run(in_folder + "rm $(ls killed/[0-9]*.gz | head -1)");
    run(in_folder + "f=$(ls -S lines/[0-9]*.dat | head -1) && head -n 1500 $f > x && cat x > $f");
    run(in_folder +
        "head -n $(($(grep -n '^COPY public.posts' cut.sql | cut -d: -f1) + 700)) "
        "cut.sql > x && mv x cut.sql");
    run(in_folder + "printf '' | gzip > login.sql.gz");
    run(in_folder + "printf '\\377' | dd of=flipped.dump bs=1 seek=9000 conv=notrunc status=none");

    // pg_restore --list, and a restore of the second and third, end with 0.
    EXPECT_NE(error_of("cut.dump").find("cut short"), std::string::npos) << error_of("cut.dump");
    EXPECT_NE(error_of("killed").find("is missing"), std::string::npos) << error_of("killed");
    EXPECT_NE(error_of("lines").find("are cut short"), std::string::npos) << error_of("lines");
    EXPECT_NE(
        error_of("cut.sql").find("ends within the rows of COPY public.posts"), std::string::npos
    ) << error_of("cut.sql");
    EXPECT_NE(error_of("login.sql.gz").find("it is no dump"), std::string::npos);
    EXPECT_EQ(error_of("schema.dump"), "it holds the schema alone: no rows of its 3 tables");
    EXPECT_EQ(error_of("globals.sql"), "it holds no table");
    EXPECT_EQ(error_of("rows.sql"), "it holds rows alone: no table that they could be restored to");
    EXPECT_EQ(error_of("schema.sql"), "it holds the schema alone: no rows of its 3 tables");
    EXPECT_NE(error_of("flipped.dump").find("cannot be read"), std::string::npos)
        << error_of("flipped.dump");

    const DrillReport report = drill("cut.dump");
    EXPECT_EQ(report.result, DrillOutcome::Result::failed);
}

TEST_F(ForeignDrill, says_what_the_file_may_lack) {
    fill(
        "CREATE TABLE t AS SELECT 1 AS n; CREATE TABLE left_out AS SELECT 2 AS n;"
        "CREATE TABLE empty (n int)"
    );
    dump("excluded.dump", {"-Fc", "--exclude-table-data=left_out"});
    dump("security.sql", {"--enable-row-security"});
    dump("inserts.sql", {"--inserts"});

    const DrillReport excluded = drill("excluded.dump");
    EXPECT_EQ(excluded.result, DrillOutcome::Result::passed) << errors_of(excluded);
    EXPECT_NE(skipped_of(excluded).find("rows of public.left_out"), std::string::npos);
    EXPECT_EQ(skipped_of(excluded).find("rows of public.empty"), std::string::npos);
    EXPECT_NE(skipped_of(drill("security.sql")).find("row security on"), std::string::npos);
    EXPECT_EQ(drill("inserts.sql").verification.tables.size(), 3u);
}

TEST_F(ForeignDrill, passes_for_a_dump_that_drops_first) {
    fill(shop);
    dump("clean.sql", {"--clean"});
    const DrillReport report = drill("clean.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
}

TEST_F(ForeignDrill, is_refused_the_dump_of_another_database) {
    fill(shop);
    dump("1.dump", {"-Fc"});
    server_.create_database("blog");
    server_.execute("blog", "CREATE TABLE articles AS SELECT 1");
    std::this_thread::sleep_for(20ms);
    server_.run("pg_dump", {"-Fc", "--file=" + (folder_ / "2.dump").string(), "--dbname=blog"});
    server_.execute("postgres", "DROP DATABASE blog");

    EXPECT_EQ(error_of("1.dump"), "");
    const std::string refused =
        "it holds none of the 3 tables of 1.dump, the last known to be of this database: it is a "
        "dump of another one (if that is meant: backupwatch accept)";
    EXPECT_EQ(error_of("2.dump"), refused);

    fs::remove(folder_ / "1.dump");
    EXPECT_EQ(error_of("2.dump"), refused) << "though it outlives the good ones";
    EXPECT_EQ(run_on(loop_, watching()->accept_other()), "2.dump");
    EXPECT_EQ(error_of("2.dump"), "");
    EXPECT_EQ(run_on(loop_, watching()->accept_other()), "") << "there is nothing to accept";
}

TEST_F(ForeignDrill, is_refused_another_database_in_the_place_of_the_night_before) {
    fill("CREATE TABLE t AS SELECT 1");
    dump("shop.dump", {"-Fc"});
    EXPECT_EQ(error_of("shop.dump"), "");
    server_.create_database("blog");
    server_.execute("blog", "CREATE TABLE articles AS SELECT 1");
    std::this_thread::sleep_for(20ms);
    server_.run("pg_dump", {"-Fc", "--file=" + (folder_ / "shop.dump").string(), "--dbname=blog"});
    server_.execute("postgres", "DROP DATABASE blog");

    EXPECT_NE(error_of("shop.dump").find("it is a dump of another one"), std::string::npos);
    EXPECT_NE(error_of("shop.dump").find("it is a dump of another one"), std::string::npos)
        << "after a restart as well";
    dump("shop.dump", {"-Fc"});
    EXPECT_EQ(error_of("shop.dump"), "");
    EXPECT_EQ(run_on(loop_, state_->file_verdicts("shop", "others")).size(), 1u)
        << "of what is gone nothing is kept";
}

/// What this process has read, from files and from all else.
std::uint64_t bytes_read() {
    std::ifstream file("/proc/self/io");
    std::string word;
    std::uint64_t count = 0;
    file >> word >> count;
    return count;
}

TEST_F(ForeignDrill, reads_a_file_once_whoever_asks_until_it_changes) {
    fill("CREATE TABLE t AS SELECT repeat('x', 1000) AS x, n FROM generate_series(1, 20000) n");
    dump("shop.sql", {});
    dump("cut.sql", {});
    fs::resize_file(folder_ / "cut.sql", 15'000'000);
    constexpr std::uint64_t much = 10'000'000;
    const std::uint64_t began = bytes_read();
    const std::string cut = error_of("cut.sql");
    EXPECT_NE(cut, "");
    const std::uint64_t first = bytes_read();
    EXPECT_GT(first - began, much);

    EXPECT_EQ(error_of("shop.sql"), "");
    EXPECT_EQ(error_of("cut.sql"), cut);
    EXPECT_LT(bytes_read() - first, much / 10);
    EXPECT_EQ(drill("shop.sql").result, DrillOutcome::Result::passed);

    // As long as it was, and of the date that it had.
    const auto date = fs::last_write_time(folder_ / "shop.sql");
    std::fstream(folder_ / "shop.sql", std::ios::in | std::ios::out).seekp(10'000'000) << "y";
    fs::last_write_time(folder_ / "shop.sql", date);
    const std::uint64_t written = bytes_read();
    EXPECT_EQ(error_of("shop.sql"), "");
    EXPECT_GT(bytes_read() - written, much) << "it was written to";
}

TEST_F(ForeignDrill, reads_again_what_another_version_judged) {
    fill("CREATE TABLE t AS SELECT 1");
    dump("shop.sql", {});
    EXPECT_EQ(error_of("shop.sql"), "");
    auto kept = run_on(loop_, state_->file_verdicts("shop", "others"));
    ASSERT_EQ(kept.size(), 1u);
    kept[0].status = BackupStatus::failed;
    kept[0].error = "as it was judged once";
    run_on(loop_, state_->keep_file_verdicts("shop", "others", {kept, {}}));
    EXPECT_EQ(error_of("shop.sql"), "as it was judged once");

    kept[0].judge = "0";
    run_on(loop_, state_->keep_file_verdicts("shop", "others", {kept, {}}));
    EXPECT_EQ(error_of("shop.sql"), "");
}

TEST_F(ForeignDrill, says_how_far_it_has_read_and_waits_for_whoever_does) {
    fill("CREATE TABLE t AS SELECT 1");
    dump("shop.sql", {});
    patience_ = 0ms;
    const auto source = watching();
    const Inventory listed = run_on(loop_, source->list());
    ASSERT_EQ(listed.backups.size(), 1u);
    EXPECT_TRUE(listed.backups[0].is_unread || listed.backups[0].error.empty());

    run_on(loop_, source->catch_up(1min, [](const Progress&) {}));
    patience_ = 20s;
    EXPECT_EQ(error_of("shop.sql"), "");
}

TEST_F(ForeignDrill, waits_for_a_file_that_takes_long_to_read) {
    fill(shop);
    dump("shop.dump", {"-Fc"});
    patience_ = 0ms;

    const DrillReport report = drill("shop.dump");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
}

TEST_F(ForeignDrill, names_a_file_whose_name_cannot_be_shown_as_a_failed_backup) {
    std::ofstream(folder_ / "a\x1b]0;b\n.dump") << "PGDMP";
    const Inventory listed = inventory();

    ASSERT_EQ(listed.backups.size(), 1u);
    EXPECT_EQ(listed.backups[0].status, BackupStatus::failed);
    EXPECT_EQ(listed.backups[0].id.find('\x1b'), std::string::npos);
    EXPECT_EQ(listed.backups[0].error, "its name has letters that cannot be shown: rename it");
}

TEST_F(ForeignDrill, passes_for_a_dump_with_every_name_quoted) {
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

TEST_F(ForeignDrill, passes_for_sql_with_the_line_ends_of_windows) {
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

TEST_F(ForeignDrill, passes_for_sql_of_a_pg_dump_that_named_no_schema) {
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

TEST_F(ForeignDrill, passes_for_a_database_of_views_alone_and_says_what_that_proves) {
    fill("CREATE VIEW one AS SELECT 1 AS n");
    dump("views.sql", {});
    dump("views.dump", {"-Fc"});
    for (const char* name : {"views.sql", "views.dump"}) {
        const DrillReport report = drill(name);
        EXPECT_EQ(report.result, DrillOutcome::Result::passed) << name << errors_of(report);
        EXPECT_NE(skipped_of(report).find("it holds no table"), std::string::npos);
    }
}

TEST_F(ForeignDrill, says_of_what_it_cannot_look_into_why_and_calls_it_no_damage) {
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

TEST_F(ForeignDrill, passes_for_a_database_that_sorts_otherwise) {
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

TEST_F(ForeignDrill, passes_for_an_extension_that_has_rows_of_its_own) {
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

TEST_F(ForeignDrill, waits_until_a_file_has_settled) {
    fill("CREATE TABLE t AS SELECT 1");
    dump("shop.dump", {"-Fc"});
    ForeignPlan plan;
    plan.directory = folder_;
    plan.files.settle = 1h;
    const auto source = make_foreign_source(std::move(plan), *clock_, pool_, calls_, state_.get());
    const Inventory listed = run_on(loop_, source->list());

    ASSERT_EQ(listed.backups.size(), 1u);
    EXPECT_EQ(listed.backups[0].status, BackupStatus::running);
}

TEST_F(ForeignDrill, whose_disk_fills_up_in_any_phase_cannot_tell) {
    const fs::path disk = directory_ / "disk";
    fs::create_directory(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=600m,mode=0711") != 0) {
        GTEST_SKIP() << "may not mount a small disk here";
    }
    fill(shop);
    fill("CREATE TABLE big AS SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n");
    dump("shop.tar", {"-Ft"});
    dump("shop.sql", {});
    run("cd " + folder_.string() + " && gzip shop.tar && gzip shop.sql");
    Driller driller(disk / "work", *clock_, pool_);
    for (const char* name : {"shop.tar.gz", "shop.sql.gz"}) {
        for (const char* phase : {"fetch", "start", "restore"}) {
            SCOPED_TRACE(std::string(name) + " in " + phase);
            const auto source = watching();
            DrillJob job;
            job.source = source.get();
            job.set = "others";
            job.backup.id = name;
            ProgressSink fill_up = [&](const Progress& progress) {
                if (progress.phase != phase) return;
                const auto left = fs::space(disk).available;
                std::ofstream(disk / "filler", std::ios::app) << std::string(left, 'x');
            };

            const DrillReport report = run_on(loop_, driller.run(std::move(job), fill_up));

            EXPECT_TRUE(fs::exists(disk / "filler"));
            fs::remove(disk / "filler");
            EXPECT_EQ(report.result, DrillOutcome::Result::unknown) << errors_of(report);
            const std::string why = errors_of(report);
            const bool is_told = why.find("No space left") != why.npos ||
                                 why.find("a drill leaves") != why.npos ||
                                 why.find(" are free") != why.npos;
            EXPECT_TRUE(is_told) << why;
            EXPECT_TRUE(processes_in(disk / "work").empty());
        }
    }
    ::umount(disk.c_str());
}

}  // namespace
}  // namespace backupwatch
