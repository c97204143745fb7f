#include "drill/target.hpp"
#include "dump_fixture.hpp"

#include <fstream>
#include <set>

namespace backupwatch {
namespace {

class RestoredDump : public DumpTest {
  protected:
    using RowsByPlace = std::map<std::string, Rows>;

    std::unique_ptr<Connection> connect_to_restored() {
        const Secret url(server_.url("restored"));
        return run_on(loop_, Connection::connect(url, faithful_settings(), patience));
    }

    /// By table, or by the root that tables are loaded through: what should be there, and what is.
    std::pair<RowsByPlace, RowsByPlace> read_back(
        const Manifest& manifest, Connection& connection
    ) {
        RowsByPlace expected;
        RowsByPlace found;
        for (const auto& table : manifest.tables) {
            const auto& place = table.root.empty() ? table.name : table.root;
            expected[place] += table.rows;
            if (!found.contains(place)) found[place] = rows_of(connection, table, manifest);
        }
        return {expected, found};
    }
};

TEST_F(RestoredDump, of_a_rich_database_has_the_very_rows_and_schema) {
    server_.execute_file("shop", rich_database);
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    const Sandbox where = sandbox();

    run_on(loop_, source->fetch(backup.id, where, {}));
    std::set<std::string> loaded;
    auto on_loaded = [&loaded](const std::string& table) { loaded.insert(table); };
    const auto restored = run_on(loop_, source->restore(manifest, where, on_loaded, {}));

    EXPECT_EQ(restored.errors, std::vector<std::string>());
    EXPECT_EQ(loaded.size(), manifest.tables.size());
    const auto connection = connect_to_restored();
    auto [expected, found] = read_back(manifest, *connection);
    for (const auto& [table, rows] : expected) EXPECT_EQ(found[table], rows) << table;
    EXPECT_EQ(expected.at("public.posts").count, 1000u);
    EXPECT_EQ(expected.at("app.moods").count, 99u);
    EXPECT_EQ(expected.at("public.no_columns").count, 1u);
    const auto schema = run_on(loop_, schema_objects(*connection, patience));
    EXPECT_EQ(schema.size(), manifest.schema.size());
    for (const auto& object : manifest.schema) {
        const bool same = std::ranges::find(schema, object) != schema.end();
        EXPECT_TRUE(same) << object.kind << " " << object.name << ": " << object.definition;
    }
    const auto sequences = run_on(loop_, sequence_values(*connection, patience));
    EXPECT_EQ(sequences.size(), manifest.sequences.size());
    for (const auto& range : manifest.sequences) {
        EXPECT_EQ(range.before, range.after) << range.name;
        const std::pair<std::string, std::int64_t> value(range.name, range.after);
        EXPECT_NE(std::ranges::find(sequences, value), sequences.end()) << range.name;
    }
    EXPECT_EQ(manifest.large_objects.value().count, 2u);
    server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
}

TEST_F(RestoredDump, of_leaves_that_are_loaded_through_a_root_has_them_beside_others_of_that_root) {
    // A branch of hashes over an enum is loaded through the topmost root, its siblings are not. The
    // foreign one cannot be read: nothing stands behind it.
    server_.execute(
        "shop",
        "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');"
        "CREATE TABLE votes (kind text, mood mood, n integer) PARTITION BY LIST (kind);"
        "CREATE TABLE votes_a PARTITION OF votes FOR VALUES IN ('a') PARTITION BY HASH (mood);"
        "CREATE TABLE votes_a0 PARTITION OF votes_a FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        "CREATE TABLE votes_a1 PARTITION OF votes_a FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
        "CREATE TABLE votes_b PARTITION OF votes FOR VALUES IN ('b');"
        "CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;"
        "CREATE FOREIGN TABLE votes_c PARTITION OF votes FOR VALUES IN ('c') SERVER nowhere;"
        "INSERT INTO votes SELECT 'a', (ARRAY['sad', 'ok', 'happy']::mood[])[1 + n % 3], n "
        "FROM generate_series(1, 90) n;"
        "INSERT INTO votes SELECT 'b', 'ok', n FROM generate_series(1, 10) n"
    );
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    const Sandbox where = sandbox();
    run_on(loop_, source->fetch(backup.id, where, {}));

    const auto restored = run_on(loop_, source->restore(manifest, where, [](auto&) {}, {}));

    EXPECT_EQ(restored.errors, std::vector<std::string>());
    const auto connection = connect_to_restored();
    auto [expected, found] = read_back(manifest, *connection);
    EXPECT_EQ(expected.size(), 2u);
    EXPECT_EQ(expected["public.votes"].count, 90u);
    EXPECT_EQ(expected["public.votes_b"].count, 10u);
    EXPECT_EQ(found, expected);
    server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
}

TEST_F(RestoredDump, needs_nothing_but_zstd_and_pg_restore) {
    server_.execute("shop", "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
    const Backup backup = take();
    const fs::path copy = directory_ / "copy";
    fs::copy(plan().directory / backup.id, copy, fs::copy_options::recursive);

    const std::string unpack =
        "cd '" + copy.string() + "' && find archive -name '*.zst' -exec zstd -d --rm -q {} +";
    ASSERT_EQ(std::system(unpack.c_str()), 0);
    ASSERT_EQ(std::system(("chmod -R a+rX '" + directory_.path().string() + "'").c_str()), 0);
    server_.create_database("by_hand");
    server_.run("pg_restore", {"--jobs=2", "--dbname=by_hand", (copy / "archive").string()});

    EXPECT_EQ(server_.value("by_hand", "SELECT sum(n) FROM t"), "500500");
    server_.execute("postgres", "DROP DATABASE by_hand");
}

TEST_F(RestoredDump, with_one_flipped_byte_is_named_when_it_is_fetched) {
    server_.execute("shop", "CREATE TABLE posts AS SELECT generate_series(1, 5000) AS id");
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    const fs::path file = plan().directory / backup.id / "archive" / manifest.tables.at(0).file;
    std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekg(2000);
    const char byte = static_cast<char>(damaged.get() ^ 1);
    damaged.seekp(2000);
    damaged.put(byte);
    damaged.close();

    try {
        run_on(loop_, source->fetch(backup.id, sandbox(), {}));
        FAIL() << "nobody noticed";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
        EXPECT_EQ(
            std::string(failure.what()),
            file.filename().string() +
                " (public.posts) differs from the manifest: damaged or changed after the dump"
        );
    }
}

TEST_F(RestoredDump, has_another_locale_where_its_own_is_not_installed) {
    server_.execute("shop", "CREATE TABLE t AS SELECT generate_series(1, 10) AS n");
    const auto source = make(plan());
    const Backup backup = take(*source);
    Manifest manifest = run_on(loop_, source->manifest(backup.id));
    manifest.collate = manifest.ctype = "xx_XX.UTF-8";
    const Sandbox where = sandbox();

    run_on(loop_, source->fetch(backup.id, where, {}));
    const auto restored = run_on(loop_, source->restore(manifest, where, [](auto&) {}, {}));

    EXPECT_TRUE(restored.errors.empty());
    ASSERT_EQ(restored.notes.size(), 1u);
    EXPECT_EQ(restored.notes[0].what, "locale xx_XX.UTF-8");
    EXPECT_EQ(
        restored.notes[0].why,
        "not installed here (install locales): restored with C.UTF-8, so texts sort otherwise"
    );
    EXPECT_EQ(server_.value("restored", "SELECT count(*) FROM t"), "10");
    server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
}

TEST_F(RestoredDump, whose_rows_cannot_be_loaded_says_which_table_and_shows_no_value) {
    server_.execute("shop", "CREATE TABLE t AS SELECT 4711 AS n");
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    const Sandbox where = sandbox();
    run_on(loop_, source->fetch(backup.id, where, {}));
    const auto raw = fs::path(manifest.tables.at(0).file).stem();
    std::ofstream(where.folder / "archive" / raw) << "a secret\n\\.\n";

    const auto restored = run_on(loop_, source->restore(manifest, where, [](auto&) {}, {}));

    ASSERT_EQ(restored.errors.size(), 1u);
    EXPECT_NE(restored.errors[0].find("COPY failed for table \"t\""), std::string::npos)
        << restored.errors[0];
    EXPECT_EQ(restored.errors[0].find("secret"), std::string::npos) << restored.errors[0];
    server_.execute("postgres", "DROP DATABASE restored WITH (FORCE)");
}

/// A loader of a dump may execute itself and the loader of programs, which can be told to run a
/// shell; but no shell.
#if defined(__x86_64__)
constexpr const char* fenced_shell = "#!/lib64/ld-linux-x86-64.so.2 /bin/sh\n";
#else
constexpr const char* fenced_shell = "#!/lib/ld-linux-aarch64.so.1 /bin/sh\n";
#endif

/// PostgreSQL's programs, but a pg_restore that only says this.
fs::path programs_with_a_pg_restore(const fs::path& folder, const fs::path& bin, const char* says) {
    fs::create_directory(folder);
    for (const char* program : {"createdb", "psql"}) {
        fs::create_symlink(bin / program, folder / program);
    }
    std::ofstream(folder / "pg_restore") << fenced_shell << "echo '" << says << "' >&2\nexit 1\n";
    fs::permissions(folder / "pg_restore", fs::perms(0755));
    return folder;
}

TEST_F(RestoredDump, for_which_the_machine_is_too_small_fails_for_that_reason) {
    server_.execute("shop", "CREATE TABLE t AS SELECT 4711 AS n");
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    struct Case {
        const char* says;
        std::optional<Failure::Kind> kind;  ///< none: an error of the restored backup
    };
    const Case cases[] = {
        {"pg_restore: error: could not execute query: ERROR:  out of memory",
         Failure::Kind::exhausted},
        {"pg_restore: error: could not write to file: Disk quota exceeded",
         Failure::Kind::exhausted},
        {"pg_restore: error: could not create worker process: Resource temporarily unavailable",
         Failure::Kind::exhausted},
        {"pg_restore: error: connection to server failed: FATAL:  sorry, too many clients already",
         Failure::Kind::unreachable},
        {"pg_restore: error: could not execute query: server closed the connection unexpectedly",
         Failure::Kind::unreachable},
        {"pg_restore: error: could not execute query: ERROR:  relation \"t\" already exists\n"
         "Command was: CREATE TABLE t (\"out of memory\" int)",
         std::nullopt},
    };
    int number = 0;
    for (const auto& [says, kind] : cases) {
        Sandbox where = sandbox();
        const fs::path folder = directory_ / ("bin" + std::to_string(++number));
        where.installation.bin = programs_with_a_pg_restore(folder, server_.bin(), says);
        run_on(loop_, source->fetch(backup.id, where, {}));
        std::optional<Failure::Kind> thrown;
        try {
            const auto restored = run_on(loop_, source->restore(manifest, where, [](auto&) {}, {}));
            EXPECT_EQ(restored.errors.size(), 1u) << says;
        } catch (const Failure& failure) {
            thrown = failure.kind();
        }
        EXPECT_EQ(thrown, kind) << says;
    }
    server_.execute("postgres", "DROP DATABASE IF EXISTS restored WITH (FORCE)");
}

TEST_F(RestoredDump, of_which_an_error_cannot_be_read_is_neither_damaged_nor_called_restored) {
    server_.execute("shop", "CREATE TABLE t AS SELECT 4711 AS n");
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    const std::string lost = "pg_restore: warning: errors ignored on restore: 9";
    const std::string awaited = "pg_restore: error: pg_restore: finished item 5 X";
    const std::string damage = "pg_restore: error: could not execute query: ERROR:  boom";
    const std::string missing =
        "pg_restore: error: could not execute query: ERROR:  extension \"postgis\" is not "
        "available\nCommand was: CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;";
    const std::string worker = "pg_restore: error: a worker process died unexpectedly";
    TargetServer stays(Secret(server_.url("restored")));
    struct Case {
        std::string says;
        RestoreServer* server;
        std::size_t errors;  ///< none: it cannot be told, and that is thrown
        std::size_t missing = 0;
    };
    const Case cases[] = {
        {lost, &cluster_, 0},
        {awaited, &cluster_, 0},
        {worker + "\n" + awaited, &cluster_, 0},
        {damage + "\n" + lost, &cluster_, 2},
        // It says what to install, and that nothing can be told until then.
        {missing + "\n" + lost, &cluster_, 0, 1},
        {lost, &stays, 1},
        {awaited, &stays, 1},
    };
    int number = 0;
    for (const Case& one : cases) {
        SCOPED_TRACE(one.says);
        Sandbox where = sandbox();
        where.server = one.server;
        const fs::path folder = directory_ / ("bin" + std::to_string(++number));
        where.installation.bin =
            programs_with_a_pg_restore(folder, server_.bin(), one.says.c_str());
        run_on(loop_, source->fetch(backup.id, where, {}));
        std::optional<Failure> thrown;
        try {
            const auto restored = run_on(loop_, source->restore(manifest, where, [](auto&) {}, {}));
            EXPECT_EQ(restored.errors.size(), one.errors);
            EXPECT_EQ(restored.missing.size(), one.missing);
        } catch (const Failure& failure) {
            thrown = failure;
        }
        ASSERT_EQ(thrown.has_value(), one.errors + one.missing == 0);
        if (!thrown) continue;
        EXPECT_EQ(thrown->kind(), Failure::Kind::internal);
        EXPECT_EQ(thrown->hint().empty(), one.says.starts_with(worker));
    }
    server_.execute("postgres", "DROP DATABASE IF EXISTS restored WITH (FORCE)");
}

}  // namespace
}  // namespace backupwatch
