#include "drill/large_objects.hpp"
#include "drill/table_reader.hpp"
#include "drill/verify.hpp"
#include "dump_fixture.hpp"

namespace backupwatch {
namespace {

/// A server without memory, as far as its clients can tell.
constexpr const char* no_memory = R"(
CREATE FUNCTION no_memory() RETURNS int LANGUAGE plpgsql
    AS 'BEGIN RAISE EXCEPTION ''out of memory'' USING ERRCODE = ''53200''; END';
CREATE VIEW needs_memory AS SELECT no_memory() AS n;)";

TableContent table(const std::string& name, std::vector<std::string> columns) {
    TableContent content;
    content.name = name;
    content.columns = std::move(columns);
    return content;
}

/// What is read back is not in a throw-away server here, but in `shop` of the tests' server.
class ReadingBack : public DumpTest {
  protected:
    Manifest manifest_of(std::vector<TableContent> tables) const {
        Manifest manifest;
        manifest.encoding = "UTF8";
        manifest.tables = std::move(tables);
        return manifest;
    }

    std::unique_ptr<TableReader> reader_of(const Manifest& manifest) {
        TableReader::Options options;
        options.conninfo = Secret(server_.url("shop"));
        options.limit = patience;
        return std::make_unique<TableReader>(
            manifest, std::move(options), pool_, [](const Progress&) {}, loop_.get_executor()
        );
    }

    Sandbox shop() {
        Sandbox sandbox;
        sandbox.server = &cluster_;
        sandbox.database = "shop";
        return sandbox;
    }

    /// Throws what kept the queries from running.
    Verification run(const std::vector<std::string>& queries) {
        Verification verification;
        const Queries asked{queries, "", ""};
        run_on(loop_, run_queries(verification, asked, LeftOut(), shop(), pool_, patience));
        return verification;
    }

    Rows large_objects(const std::string& database) {
        const auto connection = run_on(
            loop_, Connection::connect(Secret(server_.url(database)), faithful_settings(), patience)
        );
        return run_on(loop_, read_large_objects(*connection, pool_, patience));
    }
};

template <class Action>
void expect_failure(Failure::Kind kind, const std::string& words, Action action) {
    try {
        action();
        ADD_FAILURE() << "nothing failed";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), kind) << failure.what();
        EXPECT_NE(std::string(failure.what()).find(words), std::string::npos) << failure.what();
    }
}

TEST_F(ReadingBack, of_a_table_that_is_refused_is_a_finding_and_the_others_are_read) {
    server_.execute(
        "shop", "CREATE TABLE posts AS SELECT generate_series(1, 9) AS id; CREATE TABLE t ()"
    );
    const Manifest manifest =
        manifest_of({table("public.posts", {"id"}), table("public.t", {"lost"})});
    const auto reader = reader_of(manifest);

    run_on(loop_, reader->finish());

    ASSERT_EQ(reader->errors().size(), 1u);
    EXPECT_TRUE(reader->errors()[0].starts_with("public.t: cannot be read back: "));
    EXPECT_EQ(reader->tables().at("public.posts").rows.count, 9u);
}

TEST_F(ReadingBack, without_memory_fails_and_says_nothing_about_the_table) {
    server_.execute("shop", no_memory);
    const Manifest manifest = manifest_of({table("public.needs_memory", {"n"})});
    for (const bool beside_restore : {false, true}) {
        const auto reader = reader_of(manifest);
        if (beside_restore) {
            reader->loaded("public.needs_memory");
            loop_.restart();
            loop_.run_for(300ms);
        }
        expect_failure(Failure::Kind::exhausted, "public.needs_memory: cannot be read back", [&] {
            run_on(loop_, reader->finish());
        });
        EXPECT_TRUE(reader->errors().empty());
    }
}

TEST_F(ReadingBack, without_a_server_fails_and_calls_no_table_missing) {
    const Manifest manifest = manifest_of({table("public.posts", {"id"})});
    TableReader::Options options;
    options.conninfo = Secret("postgresql://127.0.0.1:1/shop");
    options.limit = patience;
    TableReader reader(
        manifest, std::move(options), pool_, [](const Progress&) {}, loop_.get_executor()
    );
    expect_failure(Failure::Kind::unreachable, "127.0.0.1:1", [&] {
        run_on(loop_, reader.finish());
    });
}

TEST_F(ReadingBack, finds_a_table_whose_measure_was_being_taken_when_the_restore_ended) {
    server_.execute("shop", "CREATE TABLE posts AS SELECT generate_series(1, 9) AS id");
    const Manifest manifest = manifest_of({table("public.posts", {"id"})});
    const auto reader = reader_of(manifest);
    std::future<void> finished;

    holds_a_lock_on("public.posts", [&] {
        reader->loaded("public.posts");
        const char* waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        loop_.restart();
        while (server_.value("shop", waiting) == "0") loop_.run_for(10ms);
        finished = asio::co_spawn(loop_, reader->finish(), asio::use_future);
        loop_.run_for(500ms);
    });
    while (finished.wait_for(0s) != std::future_status::ready) loop_.run_for(10ms);
    finished.get();

    ASSERT_TRUE(reader->tables().contains("public.posts"));
    EXPECT_EQ(reader->tables().at("public.posts").rows.count, 9u);
}

TEST_F(ReadingBack, of_a_query_that_fails_is_a_finding) {
    const Verification result = run({"SELECT 1 / 0", "SELECT 1; \t\r\n", "SELECT 2 -- or so"});
    ASSERT_EQ(result.checks.size(), 3u);
    EXPECT_FALSE(result.checks[0].ok);
    EXPECT_EQ(result.checks[1].detail, "1 rows");
    EXPECT_EQ(result.checks[2].detail, "1 rows");
    ASSERT_EQ(result.errors.size(), 1u);
    EXPECT_TRUE(result.errors[0].starts_with("the query \"SELECT 1 / 0\" fails: "));
}

TEST_F(ReadingBack, of_a_query_for_which_there_is_no_memory_fails) {
    server_.execute("shop", no_memory);
    expect_failure(Failure::Kind::exhausted, "out of memory", [&] { run({"SELECT no_memory()"}); });
}

/// 20 MB, and 40 MB of which all but the last byte is a hole: both beyond what is hashed in one
/// piece, neither ends where a piece does. The rest is small, or empty.
constexpr const char* large_objects_of_all_sizes = R"(
SELECT lo_from_bytea(0, convert_to(repeat('0123456789abcde', 1400001), 'UTF8'));
SELECT lo_put(lo_create(4711), 40000000, 'x');
SELECT lo_from_bytea(0, convert_to(i::text, 'UTF8')) FROM generate_series(1, 40) i;
SELECT lo_create(0);)";

TEST_F(ReadingBack, of_large_objects_gives_the_hash_that_the_dump_has) {
    server_.execute("shop", large_objects_of_all_sizes);
    const auto source = make(plan());
    const Backup backup = take(*source);
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    ASSERT_EQ(manifest.large_objects.value().count, 43u);

    EXPECT_EQ(large_objects("shop"), *manifest.large_objects);
    server_.execute("shop", "SELECT lo_put(4711, 39999999, 'y')");
    EXPECT_NE(large_objects("shop"), *manifest.large_objects);
}

}  // namespace
}  // namespace backupwatch
