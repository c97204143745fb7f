// A truncated table dumps and restores perfectly; only what was dumped before tells.
#include "system/support.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(TruncatedTable, is_told_and_the_dump_before_it_held_until_somebody_accepts) {
    const TestPostgres& server = TestPostgres::shared();
    server.create_database("emptied");
    server.execute(
        "emptied",
        "CREATE TABLE posts (id integer PRIMARY KEY, title text);"
        "INSERT INTO posts SELECT i, 'title' FROM generate_series(1, 300) AS i;"
        "CREATE TABLE log (day date NOT NULL, line text) PARTITION BY RANGE (day);"
        "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');"
        "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2026-12-01') TO ('2027-01-01');"
        "INSERT INTO log VALUES ('2026-11-02', 'a'), ('2026-12-02', 'b'), ('2026-12-03', 'c')"
    );
    const Site site(server.url("emptied"));
    site.take_backup();
    server.execute("emptied", "DROP TABLE log_1");
    const std::string without_a_part = site.take_backup();
    EXPECT_EQ(site.run({"accept", "shop"}).exit_code, 64) << "parts come and go";
    server.execute(
        "emptied",
        "TRUNCATE posts; ALTER TABLE posts DROP COLUMN title;"
        "ALTER TABLE log ALTER COLUMN line TYPE varchar(9)"
    );
    const std::string lacking = site.take_backup();

    EXPECT_EQ(site.drill(lacking).exit_code, 0) << "it restores as well as any";
    const Ran told = site.run({"check"});
    EXPECT_EQ(told.exit_code, 1) << told.out << told.err;
    EXPECT_NE(told.out.find("public.posts has lost all of its 300 rows"), std::string::npos)
        << told.out;
    EXPECT_NE(
        told.out.find("log has other types: line (text, then character varying(9))"),
        std::string::npos
    ) << told.out;
    EXPECT_NE(told.out.find(without_a_part), std::string::npos) << told.out;

    const Ran accepted = site.run({"accept", "shop", "--json"});
    EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
    EXPECT_EQ(accepted.json().at("accepted").as_string(), lacking);
    EXPECT_EQ(accepted.json().at("released").at(0).as_string(), without_a_part);
    const Ran after = site.run({"check"});
    EXPECT_EQ(after.exit_code, 0) << after.out << after.err;
    EXPECT_EQ(site.run({"accept", "shop"}).exit_code, 64) << "nothing is left to accept";
    EXPECT_EQ(site.left_behind(), std::vector<std::string>());
}

}  // namespace
}  // namespace backupwatch
