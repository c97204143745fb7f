#include "system/support.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/wait.h>

#include <cstdio>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// A backup that cannot be a whole one is refused, with the sentence that a person needs.
void expect_refused(const Site& site, const std::vector<std::string>& sentences) {
    const Ran backup = site.run({"backup", "shop"});
    EXPECT_EQ(backup.exit_code, 2) << backup.out << backup.err;
    for (const auto& sentence : sentences) {
        EXPECT_NE(backup.err.find(sentence), std::string::npos) << backup.err;
    }
    EXPECT_EQ(site.completed(), std::vector<std::string>());
    EXPECT_EQ(site.left_behind(), std::vector<std::string>());
    EXPECT_TRUE(!fs::exists(site.dumps()) || fs::is_empty(site.dumps()));
}

/// A connection that stays open, to hold what others want.
class Session {
  public:
    explicit Session(const std::string& url) : connection_(PQconnectdb(url.c_str())) {}
    ~Session() { PQfinish(connection_); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void execute(const char* sql) const { PQclear(PQexec(connection_, sql)); }

  private:
    PGconn* connection_;
};

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

/// Where PostgreSQL's own programs for that major can be had; they are not of Debian.
fs::path newer_server(const std::string& major) {
    const std::string script =
        std::string(SOURCE_DIR) + "/tests/tools/embedded_postgres.sh " + major;
    FILE* pipe = ::popen((script + " 2>/dev/null").c_str(), "r");
    std::string bin;
    char piece[256];
    while (std::fgets(piece, sizeof(piece), pipe) != nullptr) bin += piece;
    const int status = ::pclose(pipe);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return {};
    return bin.substr(0, bin.find('\n'));
}

TEST_F(Refusal, of_a_server_that_is_newer_than_our_programs_names_the_package) {
    if (fs::exists("/usr/lib/postgresql/17") || fs::exists("/usr/lib/postgresql/18")) {
        GTEST_SKIP() << "programs as new as that server are installed";
    }
    const fs::path bin = newer_server("17");
    if (bin.empty()) GTEST_SKIP() << "npm has no PostgreSQL 17 for us";
    TestPostgres::Options options;
    options.bin = bin;
    const TestPostgres newer(options);
    expect_refused(Site(newer.url("postgres")), {"postgresql-client-17"});
}

}  // namespace
}  // namespace backupwatch
