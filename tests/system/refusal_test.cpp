#include "system/expect_refused.hpp"
#include "system/session.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

class Refusal : public testing::Test {
  protected:
    Refusal() {
        server_.create_database("shop");
        server_.execute(
            "shop",
            "CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 9) AS i;"
            "CREATE TABLE secret AS TABLE posts;"
            "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN"
        );
    }
    ~Refusal() override { server_.execute("shop", "DROP OWNED BY reader"); }

    const TestPostgres& server_ = TestPostgres::shared();
};

TEST_F(Refusal, of_a_role_that_row_level_security_hides_rows_from_names_the_table) {
    server_.execute(
        "shop",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;"
        "ALTER TABLE secret ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY odd ON secret USING (id % 2 = 1)"
    );
    const Site site(server_.url("shop", "reader"));
    expect_refused(site, {"cannot see every row of public.secret", "BYPASSRLS"});
}

TEST_F(Refusal, of_a_role_that_may_not_read_a_table_names_the_table) {
    server_.execute("shop", "GRANT SELECT ON posts TO reader");
    const Site site(server_.url("shop", "reader"));
    expect_refused(site, {"the role reader may not read public.secret", "pg_read_all_data"});
}

TEST_F(Refusal, of_a_database_that_does_not_exist_names_it) {
    expect_refused(Site(server_.url("no_such_database")), {"no_such_database"});
}

TEST_F(Refusal, of_a_server_that_does_not_answer_says_so) {
    expect_refused(Site("postgresql://postgres@127.0.0.1:1/shop"), {"127.0.0.1"});
}

TEST_F(Refusal, never_shows_the_password_that_was_refused) {
    TestPostgres::Options options;
    options.tcp = true;
    const TestPostgres server(options);
    const Site site(server.tcp_url("postgres", "postgres", "correct-horse"));
    expect_refused(site, {"password authentication failed"});
    EXPECT_EQ(site.run({"backup", "shop"}).err.find("correct-horse"), std::string::npos);
}

TEST_F(Refusal, waits_for_a_locked_table_no_longer_than_lock_timeout) {
    const Site site(server_.url("shop"));
    site.configure("        lock_timeout: 200ms\n");
    const Session holder(server_.url("shop"));
    holder.execute("BEGIN; LOCK TABLE secret IN ACCESS EXCLUSIVE MODE");
    expect_refused(site, {"lock timeout"});
}

}  // namespace
}  // namespace backupwatch
