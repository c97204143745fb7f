#include "foreign_drill_fixture.hpp"
#include "support/small_disk.hpp"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace backupwatch {
namespace {

TEST_F(ForeignDrill, passes_for_a_dump_in_every_form) {
    fill(shop);
    dump("custom.dump", {"-Fc"});
    dump("shop.tar", {"-Ft"});
    dump("folder", {"-Fd"});
    dump("shop.sql", {});
    dump("inserts.sql", {"--inserts"});
    dump("root.dump", {"-Fc", "--load-via-partition-root"});
    dump("create.sql", {"--create"});
    run("cd " + folder_.string() + " && gzip -k shop.sql && zstd -q -k shop.sql && zstd -q shop.tar"
    );
    for (const char* name :
         {"custom.dump",
          "shop.tar",
          "folder",
          "shop.sql",
          "inserts.sql",
          "root.dump",
          "create.sql",
          "shop.sql.gz",
          "shop.sql.zst",
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

TEST_F(ForeignDrill, of_more_connects_than_one_psql_is_given_passes) {
    fill(shop);
    const fs::path file = dump("many.sql", {"--create"});
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    std::string sql = text.str();
    std::string more;
    for (int i = 1; i <= 120; ++i) {
        more += "\\connect shop\nCREATE SCHEMA made_" + std::to_string(i) + ";\n";
    }
    sql.insert(sql.rfind("--\n-- PostgreSQL database dump complete"), more);
    std::ofstream(file) << sql;
    DrillSettings settings;
    settings.timeout = 2min;
    // Each has come, also those of the next psql.
    settings.queries.texts = {
        "SELECT 'made_1'::regnamespace, 'made_99'::regnamespace, 'made_120'::regnamespace"};

    const DrillReport report = drill("many.sql", settings);

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
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
    dump("bare.dump", {"-Fc", "-O", "-x"});
    fill("DROP TABLE t; DROP ROLE \"Odd one\", reader");
    for (const char* name : {"custom.dump", "shop.sql", "bare.sql", "bare.dump"}) {
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
    run(in_folder +
        "sed '/^COPY public.posts/,$d' rows.sql > before.sql && gzip -c cut.sql > cut.sql.gz && "
        "gzip -t cut.sql.gz");
    run(in_folder + "printf '' | gzip > login.sql.gz");
    run(in_folder + "printf '\\377' | dd of=flipped.dump bs=1 seek=9000 conv=notrunc status=none");

    // pg_restore --list, and a restore of the second and third, end with 0.
    EXPECT_NE(error_of("cut.dump").find("cut short"), std::string::npos) << error_of("cut.dump");
    EXPECT_NE(error_of("killed").find("is missing"), std::string::npos) << error_of("killed");
    EXPECT_NE(error_of("lines").find("are cut short"), std::string::npos) << error_of("lines");
    EXPECT_NE(
        error_of("cut.sql").find("ends within the rows of COPY public.posts"), std::string::npos
    ) << error_of("cut.sql");
    EXPECT_EQ(
        error_of("before.sql"),
        "it is cut short: pg_dump's last line, \"dump complete\", is missing"
    );
    EXPECT_NE(error_of("cut.sql.gz").find("ends within the rows"), std::string::npos);
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
    EXPECT_EQ(skipped_of(excluded).find("row security"), std::string::npos) << "none has it";

    // pg_dump says nothing of it in an archive, and had left out all that the role may not see.
    fill("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
    dump("secured.dump", {"-Fc", "--enable-row-security"});
    dump("secured.sql", {});
    EXPECT_NE(
        skipped_of(drill("secured.dump"))
            .find("rows that the role of the dump might not see, of public.t: the archive does not "
                  "say whether it was made with --enable-row-security"),
        std::string::npos
    );
    EXPECT_EQ(skipped_of(drill("secured.sql")).find("row security"), std::string::npos)
        << "it says that row security was off";
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
    fill("CREATE TABLE users (id int)");
    dump("1.dump", {"-Fc"});
    server_.create_database("blog");
    // Whoever has users calls them so.
    server_.execute("blog", "CREATE TABLE articles AS SELECT 1; CREATE TABLE users (id int)");
    std::this_thread::sleep_for(20ms);
    server_.run("pg_dump", {"-Fc", "--file=" + (folder_ / "2.dump").string(), "--dbname=blog"});
    server_.execute("postgres", "DROP DATABASE blog");

    EXPECT_EQ(error_of("1.dump"), "");
    const std::string refused =
        "it holds only 1 of the 4 tables of 1.dump, the last known to be of this database: it is a "
        "dump of another one (if that is meant: backupwatch accept)";
    EXPECT_EQ(error_of("2.dump"), refused);

    fs::remove(folder_ / "1.dump");
    EXPECT_EQ(error_of("2.dump"), refused) << "though it outlives the good ones";
    EXPECT_EQ(run_on(loop_, watching()->accept_other()), "2.dump");
    EXPECT_EQ(error_of("2.dump"), "");
    EXPECT_EQ(run_on(loop_, watching()->accept_other()), "") << "there is nothing to accept";
}

TEST_F(ForeignDrill, of_a_file_copied_anew_is_as_old_as_that_file) {
    fill("CREATE TABLE t AS SELECT 1 AS n");
    dump("marked.sql", {});
    const std::string in_folder = "cd " + folder_.string() + " && ";
    run(in_folder + "sed '/^.\\(un\\)\\?restrict /d' marked.sql > old.sql");
    ASSERT_LT(fs::file_size(folder_ / "old.sql"), fs::file_size(folder_ / "marked.sql"))
        << "a pg_dump from before August 2025";
    run(in_folder + "touch -d '4 days ago' old.sql && touch -d '3 days ago' marked.sql");
    EXPECT_EQ(error_of("marked.sql"), "");
    run(in_folder + "gzip -c marked.sql > marked-2.sql.gz && gzip -c old.sql > old-2.sql.gz");
    run(in_folder + "touch -d '2 days ago' marked-2.sql.gz && mv marked.sql marked-3.sql");
    run(in_folder + "touch marked-3.sql");

    std::map<std::string, Backup> listed;
    const Inventory found = inventory();
    for (const Backup& backup : found.backups) listed[backup.id] = backup;
    ASSERT_EQ(listed.size(), 4u);
    const Instant now = clock_->now();
    for (const char* name : {"marked-2.sql.gz", "marked-3.sql"}) {
        const Backup& copy = listed[name];
        EXPECT_EQ(copy.status, BackupStatus::completed);
        EXPECT_LT(instant_of(copy), now - 71h) << name;
        EXPECT_GT(instant_of(copy), now - 73h) << name;
        EXPECT_FALSE(copy.unchanged_since);
    }
    EXPECT_GT(instant_of(listed["old-2.sql.gz"]), now - 1h);
    EXPECT_EQ(listed["old-2.sql.gz"].unchanged_since, instant_of(listed["old.sql"]));
}

TEST_F(ForeignDrill, of_a_partitioned_table_knows_its_parts_by_the_file) {
    fill(shop);
    fill("CREATE TABLE part_2 PARTITION OF part DEFAULT; INSERT INTO part VALUES (1000)");
    const std::vector<std::pair<std::string, std::string>> forms{{"dump", "-Fc"}, {"sql", "-Fp"}};
    for (const auto& [ending, form] : forms) dump("1." + ending, {form});
    fill("DROP TABLE part_1");
    for (const auto& [ending, form] : forms) dump("2." + ending, {form});
    const auto source = watching();
    for (const auto& [ending, form] : forms) {
        const auto before = run_on(loop_, source->shape("1." + ending));
        const auto later = run_on(loop_, source->shape("2." + ending));
        ASSERT_TRUE(before && later);
        EXPECT_EQ(before->tables.at("public.part").rows, 51u);
        EXPECT_EQ(later->tables.at("public.part").rows, 1u);
        EXPECT_FALSE(before->tables.contains("public.part_1")) << "parts come and go";
        EXPECT_EQ(before->tables.size(), later->tables.size());
    }
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
    EXPECT_EQ(run_on(loop_, state_->judged_files("shop", "others")).size(), 1u)
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
    const auto files = run_on(loop_, state_->judged_files("shop", "others"));
    ASSERT_EQ(files.size(), 1u);
    std::vector<FileVerdict> kept{
        run_on(loop_, state_->file_verdict("shop", "others", files[0])).value()};
    kept[0].status = BackupStatus::failed;
    kept[0].error = "as it was judged once";
    run_on(loop_, state_->keep_file_verdicts("shop", "others", {kept, {}}));
    EXPECT_EQ(error_of("shop.sql"), "as it was judged once");

    kept[0].judge = "0";
    run_on(loop_, state_->keep_file_verdicts("shop", "others", {kept, {}}));
    EXPECT_EQ(error_of("shop.sql"), "");
}

TEST_F(ForeignDrill, reads_back_from_the_state_what_it_found_and_else_from_the_file) {
    fill("CREATE TABLE t AS SELECT 1");
    dump("shop.sql", {});
    const auto source = watching();
    run_on(loop_, source->list());
    EXPECT_EQ(run_on(loop_, source->manifest("shop.sql")).tables.size(), 1u);

    const auto files = run_on(loop_, state_->judged_files("shop", "others"));
    ASSERT_EQ(files.size(), 1u);
    run_on(loop_, state_->keep_file_verdicts("shop", "others", {{}, files}));
    EXPECT_THROW(run_on(loop_, source->manifest("shop.sql")), Failure) << "nobody has it";
    EXPECT_EQ(run_on(loop_, source->manifest("shop.sql")).tables.size(), 1u);
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

TEST_F(ForeignDrill, looks_at_what_the_pattern_chooses_or_at_what_ends_as_dumps_do) {
    fill("CREATE TABLE t AS SELECT 1");
    for (const char* name : {"shop.sql", "shop.txt", "nightly-1", ".hidden.sql"}) dump(name, {});
    dump("folder", {"-Fd"});
    fs::create_directory(folder_ / "no dump");
    const auto listed = [&](const std::string& pattern) {
        ForeignPlan plan;
        plan.directory = folder_;
        plan.files.settle = 0ms;
        plan.files.pattern = pattern;
        const auto source =
            make_foreign_source(std::move(plan), *clock_, pool_, calls_, state_.get());
        std::set<std::string> names;
        const Inventory found = run_on(loop_, source->list());
        for (const Backup& backup : found.backups) names.insert(backup.id);
        return names;
    };
    using Names = std::set<std::string>;
    EXPECT_EQ(listed(""), (Names{"folder", "shop.sql"}));
    EXPECT_EQ(listed("*.txt"), (Names{"shop.txt"}));
    EXPECT_EQ(listed("nightly-?"), (Names{"nightly-1"}));
    EXPECT_EQ(listed("fold*"), (Names{"folder"}));
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

/// Of this process, in bytes: `VmHWM`, the most that it ever had, or `VmRSS`, what it has.
std::uint64_t memory_of_ours(const std::string& which) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(which + ":")) return std::stoull(line.substr(which.size() + 1)) << 10;
    }
    return 0;
}

TEST_F(ForeignDrill, takes_no_more_memory_for_values_and_definitions_of_any_size) {
    // More than may be held of it.
    constexpr std::size_t size = 80 << 20;
#ifdef __SANITIZE_ADDRESS__
    // It keeps what was freed for a while; of a text that grows to all of it, three times its size.
    constexpr std::size_t most_held = 160 << 20;
#else
    constexpr std::size_t most_held = 64 << 20;
#endif
    std::ofstream file(folder_ / "large.sql");
    const std::string block(1 << 20, 'x');
    const auto write_long = [&](const std::string& before, const std::string& after) {
        file << before;
        for (std::size_t written = 0; written < size; written += block.size()) file << block;
        file << after;
    };
    file << "-- PostgreSQL database dump\nSET check_function_bodies = false;\n";
    write_long("CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $_$ SELECT '", "' $_$;\n");
    file << "CREATE TABLE public.t (n integer);\n";
    write_long("INSERT INTO public.t VALUES (length('", "')), (2);\n");
    file << "INSERT INTO public.t VALUES (3);\n-- PostgreSQL database dump complete\n";
    file.close();
    const std::uint64_t before = memory_of_ours("VmRSS");
    std::ofstream("/proc/self/clear_refs") << "5";

    const DrillReport report = drill("large.sql");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    ASSERT_EQ(report.verification.tables.size(), 1u);
    EXPECT_EQ(report.verification.tables[0].rows, 3u);
    const std::uint64_t most = memory_of_ours("VmHWM");
    EXPECT_GT(before, 0u);
    EXPECT_LT(most - before, most_held);
}

TEST_F(ForeignDrill, whose_disk_fills_up_in_any_phase_cannot_tell) {
    const fs::path disk = directory_ / "disk";
    const SmallDisk small(disk, "600m");
    if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    fill(shop);
    fill("CREATE TABLE big AS SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n");
    dump("shop.tar", {"-Ft"});
    dump("shop.sql", {});
    run("cd " + folder_.string() + " && gzip shop.tar && gzip shop.sql");
    Driller driller(disk / "work", *clock_, pool_);
    for (const char* name : {"shop.tar.gz", "shop.sql.gz"}) {
        for (const std::string phase : {"fetch", "start", "restore", "verify"}) {
            SCOPED_TRACE(std::string(name) + " in " + phase);
            const auto source = watching();
            DrillJob job;
            job.source = source.get();
            job.set = "others";
            job.backup.id = name;
            // What is read back needs no disk. It sorts there.
            if (phase == "verify") {
                job.settings.queries.texts = {
                    "SELECT i FROM generate_series(1, 2000000) AS i ORDER BY -i"};
            }
            ProgressSink fill_up = [&](const Progress& progress) {
                if (progress.phase == phase) small.fill();
            };

            const DrillReport report = run_on(loop_, driller.run(std::move(job), fill_up));

            EXPECT_TRUE(fs::exists(disk / "filler"));
            small.make_room();
            EXPECT_EQ(report.result, DrillOutcome::Result::unknown) << errors_of(report);
            const std::string why = errors_of(report);
            const bool is_told = why.find("No space left") != why.npos ||
                                 why.find("a drill leaves") != why.npos ||
                                 why.find(" are free") != why.npos ||
                                 // How a session ends that has no room to begin.
                                 why.find("could not write init file") != why.npos;
            EXPECT_TRUE(is_told) << why;
            EXPECT_TRUE(processes_in(disk / "work").empty());
        }
    }
}

}  // namespace
}  // namespace backupwatch
