#include "system/support.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace backupwatch {
namespace {

using Counts = std::map<std::string, std::int64_t>;

/// Every ordinary table that is not an extension's, by its own rows, as PostgreSQL counts them.
constexpr const char* count_query = R"(
SELECT coalesce(json_object_agg(format('%I.%I', n.nspname, c.relname),
           (xpath('/row/rows/text()', query_to_xml(
               format('SELECT count(*) AS rows FROM ONLY %I.%I', n.nspname, c.relname),
               false, true, '')))[1]::text::bigint), '{}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                  AND d.objid = c.oid AND d.deptype = 'e'))";

Counts counts_in(const TestPostgres& server, const std::string& database) {
    Counts counts;
    const auto answer = boost::json::parse(server.value(database, count_query));
    for (const auto& entry : answer.as_object()) {
        counts[std::string(entry.key())] = entry.value().to_number<std::int64_t>();
    }
    return counts;
}

Counts counts_of(const boost::json::value& drill, const char* member) {
    Counts counts;
    for (const auto& table : drill.at("tables").as_array()) {
        counts[std::string(table.at("name").as_string())] =
            table.at(member).to_number<std::int64_t>();
    }
    return counts;
}

/// Rows that the restore puts into whichever partition they belong to there.
void count_through_root(Counts& counts, const std::string& root) {
    std::int64_t sum = 0;
    std::erase_if(counts, [&](const auto& entry) {
        const bool is_partition = entry.first.starts_with(root + "_");
        if (is_partition) sum += entry.second;
        return is_partition;
    });
    counts[root] = sum;
}

void expect_passes_with(const Site& site, const std::string& id, const Counts& counts) {
    const Ran drill = site.drill(id);
    EXPECT_EQ(drill.exit_code, 0) << drill.out << drill.err;
    EXPECT_EQ(drill.json().at("result").as_string(), "passed");
    EXPECT_EQ(counts_of(drill.json(), "expected_rows"), counts);
    EXPECT_EQ(counts_of(drill.json(), "rows"), counts);
    EXPECT_TRUE(drill.json().at("errors").as_array().empty());
    EXPECT_EQ(site.left_behind(), std::vector<std::string>());
}

class Drill : public testing::Test {
  protected:
    const TestPostgres& server() const { return TestPostgres::shared(); }
};

TEST_F(Drill, of_everything_that_makes_a_restore_hard_passes_with_the_right_counts) {
    load(server(), "pagila_like", "pagila_like.sql");
    const Site site(server().url("pagila_like"));

    Counts counts = counts_in(server(), "pagila_like");
    count_through_root(counts, "public.rental");
    ASSERT_EQ(counts["public.rental"], 600);
    ASSERT_EQ(counts["\"we\"\"ird Schema\".\"a.b\""], 30);
    expect_passes_with(site, site.take_backup(), counts);
}

TEST_F(Drill, of_a_database_with_nothing_in_it_passes) {
    load(server(), "empty", "empty.sql");
    const Site site(server().url("empty"));
    expect_passes_with(site, site.take_backup(), {});
}

TEST_F(Drill, of_the_demos_database_passes_with_the_configured_tables_and_queries) {
    load(server(), "seed", "seed.sql");
    const Site site(server().url("seed"));
    site.configure(
        "        drill:\n"
        "          verify:\n"
        "            tables: {public.posts: [user_id, email, status, archetype]}\n"
        "            queries: [\"SELECT * FROM posts LIMIT 10\"]\n"
    );
    const Counts counts = counts_in(server(), "seed");
    ASSERT_EQ(counts.at("public.users"), 400);
    expect_passes_with(site, site.take_backup(), counts);
}

TEST_F(Drill, fails_where_a_configured_table_column_or_query_does_not_exist) {
    server().create_database("plain");
    server().execute("plain", "CREATE TABLE posts AS SELECT 1 AS id");
    const Site site(server().url("plain"));
    site.configure(
        "        drill:\n"
        "          verify:\n"
        "            tables: {public.posts: [id, archetype], public.users: []}\n"
        "            queries: [\"SELECT 1 / 0\"]\n"
    );
    const Ran drill = site.drill(site.take_backup());
    EXPECT_EQ(drill.exit_code, 2);
    for (const char* words : {"public.posts", "archetype", "public.users", "division by zero"}) {
        EXPECT_NE(drill.out.find(words), std::string::npos) << words << " in " << drill.out;
    }
}

/// An index that takes seconds to build: long after its table was read back beside it.
constexpr const char* slow_index = R"(
CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 100) AS i;
CREATE FUNCTION slowly(int) RETURNS int IMMUTABLE LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_catalog.pg_sleep(0.02); RETURN $1; END';
CREATE INDEX ON posts (slowly(id)))";

TEST_F(Drill, that_passed_but_was_slower_than_its_target_exits_1) {
    server().create_database("slow");
    server().execute("slow", slow_index);
    const Site site(server().url("slow"));
    site.configure("        drill: {target: 1s}\n");
    const Ran drill = site.drill(site.take_backup());
    EXPECT_EQ(drill.exit_code, 1) << drill.out;
    EXPECT_EQ(drill.json().at("result").as_string(), "passed");
}

TEST_F(Drill, of_our_own_dumps_that_someone_copied_here_passes) {
    load(server(), "copied", "seed.sql");
    const Site origin(server().url("copied"));
    const std::string id = origin.take_backup();

    const Site elsewhere("postgresql://nobody@192.0.2.1/never-asked");
    elsewhere.configure_without_take();
    std::filesystem::copy(
        origin.dumps(), elsewhere.dumps(), std::filesystem::copy_options::recursive
    );
    EXPECT_EQ(elsewhere.completed(), std::vector{id});
    expect_passes_with(elsewhere, id, counts_in(server(), "copied"));
}

TEST_F(Drill, writes_the_test_report_that_was_asked_for) {
    load(server(), "reported", "seed.sql");
    const Site site(server().url("reported") + " password='canary'");
    site.take_backup();
    const auto file = site.state() / "report.md";
    const Ran drill = site.run({"drill", "shop", "--report", file.string()});
    EXPECT_EQ(drill.exit_code, 0) << drill.out << drill.err;
    EXPECT_TRUE(drill.out.starts_with("PASSED: shop/nightly ")) << drill.out;
    for (const char* words : {"# Restore test: shop/nightly", "pg_restore", "`public.posts`"}) {
        EXPECT_NE(read_text(file).find(words), std::string::npos) << words;
    }
    const std::string all = drill.out + drill.err + read_text(file);
    EXPECT_EQ(all.find("canary"), std::string::npos) << "the database's password: " << all;
}

TEST_F(Drill, reads_back_beside_the_restore_with_less_claim_to_the_processors) {
    const auto gate = create_held(server(), "held");
    const Site site(server().url("held"));
    const std::string id = site.take_backup();
    const auto nice_of = [](pid_t pid) {
        return ::getpriority(PRIO_PROCESS, static_cast<id_t>(pid));
    };

    const auto drill = site.start({"drill", "shop", "--backup", id, "--json"});
    await("a session that gives way", [&] {
        const auto sessions = processes_in(site.work(), " restored [local]");
        const int usual = std::max(nice_of(::getpid()), 5);  // as a drill's fence has it
        const auto restoring = std::count_if(sessions.begin(), sessions.end(), [&](pid_t pid) {
            return nice_of(pid) == usual;
        });
        const auto reading = std::count_if(sessions.begin(), sessions.end(), [&](pid_t pid) {
            return nice_of(pid) == usual + 10;
        });
        return restoring >= 1 && reading == 1 && process_in(site.work(), "/pg_restore ");
    });
    write_text(gate, "");

    const Ran ran = drill->wait();
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
}

}  // namespace
}  // namespace backupwatch
