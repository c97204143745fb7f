#include "dump_fixture.hpp"
#include "sources/dump/census.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/sealing.hpp"
#include "support/processes.hpp"

#include <future>

namespace backupwatch {
namespace {

class Dump : public DumpTest {};

TEST_F(Dump, lists_as_a_completed_backup_that_says_what_it_is) {
    server_.execute("shop", "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
    const auto source = make(plan());

    TakeRequest request{"before the migration", 24h};
    const Backup backup = run_on(loop_, source->take(request, {}));
    const Inventory inventory = run_on(loop_, source->list());

    ASSERT_EQ(inventory.backups.size(), 1u);
    const Backup& listed = inventory.backups[0];
    EXPECT_EQ(listed.status, BackupStatus::completed) << listed.error;
    EXPECT_EQ(listed.id, backup.id);
    EXPECT_EQ(listed.size_bytes, backup.size_bytes);
    EXPECT_EQ(listed.finished_at, backup.finished_at);
    EXPECT_EQ(listed.label, "before the migration");
    EXPECT_EQ(listed.keep_until, listed.started_at + 24h);
}

TEST_F(Dump, is_private_whatever_the_umask) {
    server_.execute_file("shop", rich_database);
    const Backup backup = take();

    const fs::path folder = plan().directory / backup.id;
    EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const auto wanted = entry.is_directory() ? fs::perms::owner_all
                                                 : fs::perms::owner_read | fs::perms::owner_write;
        EXPECT_EQ(entry.status().permissions(), wanted) << entry.path();
    }
}

TEST_F(Dump, of_a_database_without_tables_is_a_dump) {
    const Backup backup = take();

    const auto source = make(plan());
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    EXPECT_EQ(backup.status, BackupStatus::completed);
    EXPECT_TRUE(manifest.tables.empty());
}

TEST_F(Dump, leaves_excluded_tables_out_with_all_that_is_theirs) {
    server_.execute(
        "shop",
        "CREATE TABLE posts (id serial PRIMARY KEY); CREATE SCHEMA audit;"
        "CREATE TABLE audit.\"Log 1\" (id serial PRIMARY KEY, t text); CREATE INDEX ON "
        "audit.\"Log 1\" (t); INSERT INTO audit.\"Log 1\" (t) VALUES ('x')"
    );
    DumpPlan without = plan();
    without.exclude_tables = {"audit.\"Log\"*"};
    const auto source = make(without);

    const Manifest manifest = run_on(loop_, source->manifest(take(*source).id));

    ASSERT_EQ(manifest.tables.size(), 1u);
    EXPECT_EQ(manifest.tables[0].name, "public.posts");
    EXPECT_EQ(manifest.excluded_tables, std::vector<std::string>{"audit.\"Log 1\""});
    ASSERT_EQ(manifest.sequences.size(), 1u);
    for (const auto& object : manifest.schema) {
        EXPECT_EQ(object.name.find("Log"), std::string::npos) << object.kind << " " << object.name;
    }
}

TEST_F(Dump, compares_bytea_as_hex_even_where_the_database_writes_it_otherwise) {
    server_.execute(
        "shop",
        "CREATE TABLE t (b bytea); INSERT INTO t VALUES ('\\x00ff'); "
        "ALTER DATABASE shop SET bytea_output = 'escape'; ALTER DATABASE shop SET TimeZone = "
        "'Asia/Tokyo'"
    );
    const auto source = make(plan());

    const Manifest manifest = run_on(loop_, source->manifest(take(*source).id));

    EXPECT_EQ(manifest.tables.at(0).rows, hash_row("\\\\x00ff"));
}

TEST_F(Dump, says_how_far_it_is_and_how_far_it_has_to_go) {
    server_.execute("shop", big_table);
    const auto source = make(plan());
    for (const char* which : {"the first, by the tables", "the next, by the one before"}) {
        SCOPED_TRACE(which);
        std::vector<Progress> told;
        take(*source, [&told](const Progress& progress) { told.push_back(progress); });
        ASSERT_FALSE(told.empty());
        for (const Progress& progress : told) EXPECT_LE(progress.bytes_done, progress.bytes_total);
        // 400,000 rows of 500 letters: 200 MB, give or take what surrounds them.
        EXPECT_NEAR(static_cast<double>(told.front().bytes_total), 210e6, 40e6);
    }
}

TEST_F(Dump, with_a_label_that_is_no_utf8_can_be_read_again) {
    const auto source = make(plan());

    const Backup backup = run_on(loop_, source->take({"apr\xe8s", std::nullopt}, {}));
    const Inventory inventory = run_on(loop_, source->list());

    ASSERT_EQ(inventory.backups.size(), 1u);
    EXPECT_EQ(inventory.backups[0].status, BackupStatus::completed) << inventory.backups[0].error;
    EXPECT_EQ(inventory.backups[0].label, backup.label);
}

TEST_F(Dump, is_not_sealed_by_a_manifest_that_nobody_could_read_again) {
    const fs::path folder = plan().directory / take().id;
    for (const char* written_by_seal : {"manifest.json", "README.txt"}) {
        fs::remove(folder / written_by_seal);
    }
    DumpEvidence evidence;
    Manifest manifest;
    manifest.format = 99;

    EXPECT_THROW(seal(folder, evidence, manifest), Failure);
    EXPECT_FALSE(fs::exists(folder / "manifest.json"));
}

TEST_F(Dump, writes_no_password_of_a_role_down) {
    server_.execute(
        "shop", "DROP ROLE IF EXISTS keeper; CREATE ROLE keeper LOGIN PASSWORD 'hidden'"
    );
    const Backup backup = take();
    server_.execute("shop", "DROP ROLE keeper");

    const std::string roles = read_file(plan().directory / backup.id / "globals.sql", 1 << 20);

    EXPECT_NE(roles.find("ROLE keeper"), std::string::npos) << roles;
    for (const char* secret : {"hidden", "PASSWORD", "SCRAM-SHA-256", "md5"}) {
        EXPECT_EQ(roles.find(secret), std::string::npos) << secret;
    }
}

TEST_F(Dump, counts_what_was_there_when_it_began) {
    server_.execute("shop", "CREATE TABLE t AS SELECT generate_series(1, 200000) AS n");
    const auto source = make(plan());
    bool inserted = false;
    ProgressSink insert = [&](const Progress&) {
        if (!inserted) server_.execute("shop", "INSERT INTO t VALUES (0)");
        inserted = true;
    };

    const Manifest manifest = run_on(loop_, source->manifest(take(*source, insert).id));

    EXPECT_TRUE(inserted);
    EXPECT_EQ(manifest.tables.at(0).rows.count, 200'000u);
}

TEST_F(Dump, that_is_not_there_is_said_to_be_missing) {
    const auto source = make(plan());

    try {
        run_on(loop_, source->manifest("20261122T030000Z"));
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing);
    }
}

TEST_F(Dump, can_write_the_roles_itself_where_pg_dumpall_may_not) {
    server_.execute(
        "shop",
        "DROP ROLE IF EXISTS \"Odd Role\", team; CREATE ROLE team; "
        "CREATE ROLE \"Odd Role\" LOGIN PASSWORD 'hidden' IN ROLE team"
    );
    Census::Options options;
    options.url = Secret(server_.url("shop"));
    options.limit = patience;
    Census census = run_on(loop_, Census::open(std::move(options)));

    const std::string sql = run_on(loop_, census.roles_as_sql());

    server_.execute("shop", "DROP ROLE \"Odd Role\", team");
    EXPECT_EQ(sql.find("hidden"), std::string::npos);
    EXPECT_EQ(sql.find("pg_monitor"), std::string::npos);
    EXPECT_NE(sql.find("GRANT team TO \"Odd Role\";"), std::string::npos) << sql;
    EXPECT_NE(
        sql.find("CREATE ROLE \"Odd Role\";\nALTER ROLE \"Odd Role\" WITH LOGIN;\nCREATE"),
        std::string::npos
    ) << sql;
}

TEST_F(Dump, of_an_earlier_process_is_cleaned_up_with_its_processes) {
    const fs::path partial = plan().directory / ".partial-20261122T030000Z";
    fs::create_directories(partial / "archive");
    const pid_t child = ::fork();
    if (child == 0) {
        if (::chdir(partial.c_str()) == 0) ::execlp("sleep", "sleep", "60", nullptr);
        ::_exit(1);
    }
    while (processes_in(partial).empty()) std::this_thread::sleep_for(1ms);

    run_on(loop_, make(plan())->clean_up());

    EXPECT_TRUE(is_left_clean());
    EXPECT_TRUE(is_gone_within(child, 1s));
}

TEST_F(Dump, is_removed_by_its_id) {
    const auto source = make(plan());
    const Backup first = take(*source);
    const Backup second = take(*source);
    ASSERT_NE(first.id, second.id);

    run_on(loop_, source->remove({first.id}));

    const Inventory inventory = run_on(loop_, source->list());
    ASSERT_EQ(inventory.backups.size(), 1u);
    EXPECT_EQ(inventory.backups[0].id, second.id);
}

TEST_F(Dump, is_removed_also_where_another_cannot_be) {
    const auto source = make(plan());
    const Backup backup = take(*source);

    EXPECT_THROW(run_on(loop_, source->remove({"20261101T030000Z", backup.id})), Failure);

    EXPECT_EQ(run_on(loop_, source->list()).backups.size(), 0u);
}

TEST_F(Dump, is_removed_also_where_the_removal_of_an_older_one_has_not_come_back) {
    const auto source = make(plan());
    const Backup stuck = take(*source);
    const Backup old = take(*source);
    std::promise<void> mount_is_back;
    std::function<void()> hang = [back = mount_is_back.get_future().share()] { back.wait(); };
    const std::string name = "removing " + (plan().directory / stuck.id).string();
    ASSERT_THROW(run_on(loop_, calls_.run(name, 100ms, std::move(hang))), Failure);

    EXPECT_THROW(run_on(loop_, source->remove({stuck.id, old.id})), Failure);

    mount_is_back.set_value();
    const Inventory inventory = run_on(loop_, source->list());
    ASSERT_EQ(inventory.backups.size(), 1u);
    EXPECT_EQ(inventory.backups[0].id, stuck.id);
}

TEST_F(Dump, of_one_set_is_removed_while_the_removal_of_its_like_in_another_hangs) {
    const auto source = make(plan());
    const Backup backup = take(*source);
    DumpPlan other = plan();
    other.directory = directory_ / "hangs";
    fs::create_directory(other.directory);
    fs::copy(plan().directory / backup.id, other.directory / backup.id);
    const auto hanging = make(other);
    // In the place of the removal, by its name.
    std::promise<void> mount_is_back;
    std::function<void()> hang = [back = mount_is_back.get_future().share()] { back.wait(); };
    const std::string name = "removing " + (other.directory / backup.id).string();
    ASSERT_THROW(run_on(loop_, calls_.run(name, 100ms, std::move(hang))), Failure);

    EXPECT_THROW(run_on(loop_, hanging->remove({backup.id})), Failure);
    EXPECT_NO_THROW(run_on(loop_, source->remove({backup.id})));

    mount_is_back.set_value();
    EXPECT_EQ(run_on(loop_, source->list()).backups.size(), 0u);
}

}  // namespace
}  // namespace backupwatch
