#include "commands/check_config_online.hpp"

#include "async/clock.hpp"
#include "commands/check_config.hpp"
#include "fakes/fake_mail_server.hpp"
#include "fakes/test_postgres.hpp"
#include "net/network.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class CheckConfigOnline : public testing::Test {
  protected:
    CheckConfigOnline() {
        server_.create_database("shop");
        // As root, a drill runs as someone else, who has to get there.
        std::filesystem::permissions(folder_.path(), std::filesystem::perms(0711));
    }

    /// The reply to a configuration with these databases.
    Reply reply_to(const std::string& databases, const std::string& more = "") {
        const auto file = folder_ / "config.yaml";
        std::ofstream(file) << "state_dir: " << folder_ / "state"
                            << "\nwork_dir: " << folder_ / "work"
                            << "\n"
                            << more << "databases:\n"
                            << databases;
        const CheckConfigReply checked = check_config(file, clock_->now());
        EXPECT_EQ(checked.errors, "");
        auto checking = check_config_online(checked.settings.value(), *clock_, pool_, *network_);
        return run_on(loop_, std::move(checking));
    }

    std::string taken(const std::string& name, const std::string& url) const {
        return "  - {name: " + name + ", url: \"" + url +
               "\", backups: [{source: dump, directory: " +
               (folder_.path() / "dumps" / name).string() + ", take: '03:00', drill: {}}]}\n";
    }

    const TestPostgres& server_ = TestPostgres::shared();
    TemporaryFolder folder_;
    asio::io_context loop_;
    Pool pool_{2};
    std::unique_ptr<Network> network_ = make_network(loop_.get_executor());
    std::unique_ptr<Clock> clock_ = make_clock(loop_.get_executor());
};

bool has(const Reply& reply, const std::string& text) {
    return reply.text.find(text) != std::string::npos;
}

TEST_F(CheckConfigOnline, finds_all_well_and_makes_nothing) {
    const Reply reply = reply_to(taken("shop", server_.url("shop")));

    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    EXPECT_TRUE(has(reply, "two sessions share a snapshot")) << reply.text;
    EXPECT_TRUE(has(reply, "the role postgres sees every row")) << reply.text;
    EXPECT_TRUE(has(reply, "PostgreSQL 15 in /usr/lib/postgresql/15/bin")) << reply.text;
    EXPECT_TRUE(has(reply, "1 extension installed")) << reply.text;
    for (const char* name : {"state", "work", "dumps"}) {
        EXPECT_FALSE(std::filesystem::exists(folder_ / name)) << name;
    }
}

TEST_F(CheckConfigOnline, names_what_a_role_may_not_read_and_where_rows_are_hidden) {
    server_.execute(
        "shop",
        "DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN;"
        "CREATE TABLE open (id int); GRANT SELECT ON open TO clerk;"
        "CREATE TABLE secret (id serial);"
        "CREATE SCHEMA closed; CREATE TABLE closed.room (id int);"
        "GRANT SELECT ON closed.room TO clerk;"
        "CREATE TABLE own (id int); ALTER TABLE own ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE own OWNER TO clerk;"
        "CREATE TABLE veiled (id int); ALTER TABLE veiled ENABLE ROW LEVEL SECURITY;"
        "GRANT SELECT ON veiled TO clerk"
    );

    const Reply reply = reply_to(taken("shop", server_.url("shop", "clerk")));

    server_.execute("shop", "DROP OWNED BY clerk; DROP ROLE clerk");
    EXPECT_EQ(reply.exit_code, 2);
    EXPECT_TRUE(
        has(reply,
            "the role clerk may not read closed.room, public.secret and public.secret_id_seq, and "
            "cannot see every row of public.veiled: row-level security applies to it")
    ) << reply.text;
    EXPECT_TRUE(has(reply, "hint: GRANT pg_read_all_data TO clerk; ALTER ROLE clerk BYPASSRLS."))
        << reply.text;
}

TEST_F(CheckConfigOnline, tells_of_the_others_when_one_server_is_not_there) {
    const auto nowhere = "host=" + (folder_ / "nowhere").string() + " password=hush dbname=x";
    const Reply reply = reply_to(taken("gone", nowhere) + taken("shop", server_.url("shop")));

    EXPECT_EQ(reply.exit_code, 3) << reply.text;
    EXPECT_TRUE(has(reply, "unknown  gone ")) << reply.text;
    EXPECT_TRUE(has(reply, "the role postgres sees every row")) << reply.text;
    EXPECT_FALSE(has(reply, "hush"));
}

TEST_F(CheckConfigOnline, names_an_excluded_table_that_is_not_there) {
    std::string database = taken("shop", server_.url("shop"));
    const std::string key = "take: '03:00'";
    database.insert(database.find(key), "exclude_tables: [public.gone], ");
    const Reply reply = reply_to(database);

    EXPECT_EQ(reply.exit_code, 2);
    EXPECT_TRUE(has(reply, "\"public.gone\" matches no table")) << reply.text;
}

TEST_F(CheckConfigOnline, asks_for_no_right_to_what_is_left_out) {
    server_.execute(
        "shop", "DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN; CREATE TABLE vault (id int)"
    );
    std::string database = taken("shop", server_.url("shop", "guest"));
    const std::string key = "take: '03:00'";
    database.insert(database.find(key), "exclude_tables: [public.vault], ");
    const Reply reply = reply_to(database);

    server_.execute("shop", "DROP ROLE guest");
    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    EXPECT_TRUE(has(reply, "the role guest sees every row")) << reply.text;
}

TEST_F(CheckConfigOnline, says_that_a_role_cannot_log_in) {
    const Reply reply = reply_to(taken("shop", server_.url("shop", "nobody_of_that_name")));

    EXPECT_EQ(reply.exit_code, 2);
    EXPECT_TRUE(has(reply, "problem  shop ")) << reply.text;
    EXPECT_TRUE(has(reply, "nobody_of_that_name")) << reply.text;
}

TEST_F(CheckConfigOnline, tries_disks_and_folders_that_are_only_watched) {
    server_.execute("shop", "DROP ROLE IF EXISTS meter; CREATE ROLE meter LOGIN");
    const std::string url = "url: \"" + server_.url("shop", "meter") + "\"";
    const std::string disk = "disk: {source: database, capacity: 8GB}";
    const auto watched = [this](const std::string& name, const std::string& folder) {
        return "  - {name: " + name +
               ", backups: [{source: dump, directory: " + (folder_ / folder).string() +
               "}], disk: {source: filesystem, path: " + (folder_ / folder).string() + "}}\n";
    };
    std::filesystem::create_directory(folder_ / "there");
    server_.create_database("closed");
    server_.execute("closed", "REVOKE CONNECT ON DATABASE closed FROM PUBLIC");

    const Reply reply = reply_to(
        watched("gone", "gone") + watched("copies", "there") + "  - {name: shop, " + url + ", " +
        disk + "}\n"
    );
    server_.execute("shop", "GRANT pg_read_all_stats TO meter");
    const Reply allowed = reply_to("  - {name: shop, " + url + ", " + disk + "}\n");

    server_.execute("shop", "DROP ROLE meter");
    EXPECT_EQ(reply.exit_code, 2);
    const std::string gone = (folder_ / "gone").string();
    EXPECT_TRUE(has(reply, gone + " does not exist")) << reply.text;
    EXPECT_TRUE(has(reply, "cannot measure the volume of " + gone)) << reply.text;
    EXPECT_TRUE(has(reply, (folder_ / "there").string() + " can be read")) << reply.text;
    EXPECT_TRUE(has(reply, "used, of the volume of " + (folder_ / "there").string())) << reply.text;
    EXPECT_TRUE(has(reply, "permission denied for database closed")) << reply.text;
    EXPECT_TRUE(has(reply, "GRANT pg_read_all_stats")) << reply.text;
    EXPECT_EQ(allowed.exit_code, 0) << allowed.text;
    EXPECT_TRUE(has(allowed, "used, of all databases of its server")) << allowed.text;
}

TEST_F(CheckConfigOnline, looks_at_restore_targets_and_makes_nothing_there) {
    server_.execute(
        "shop",
        "DROP ROLE IF EXISTS maker; DROP ROLE IF EXISTS poor;"
        "CREATE ROLE maker LOGIN CREATEDB; CREATE ROLE poor LOGIN"
    );
    const auto target = [](const std::string& name, const std::string& url) {
        return "  - {name: " + name + ", url: \"" + url + "\"}\n";
    };
    const std::string watched = taken("shop", server_.url("shop"));
    const std::string good = "restore_targets:\n" + target("spare", server_.url("spare", "maker"));

    server_.create_database("others");
    const Reply fine =
        reply_to(watched, "restore_targets:\n" + target("spare", server_.url("spare")));
    const Reply advised = reply_to(watched, good);
    const Reply bad = reply_to(
        watched,
        good + target("barred", server_.url("spare", "poor")) +
            target("others", server_.url("others", "maker")) +
            target("itself", server_.url("shop") + " connect_timeout=9") +
            target("gone", "host=" + (folder_ / "nowhere").string() + " password=hush dbname=x")
    );

    const std::string made =
        server_.value("shop", "SELECT count(*) FROM pg_database WHERE datname = 'spare'");
    server_.execute("shop", "DROP ROLE maker; DROP ROLE poor");
    server_.execute("postgres", "DROP DATABASE others");
    EXPECT_EQ(fine.exit_code, 0) << fine.text;
    EXPECT_TRUE(has(fine, "ok       restore target spare  restore")) << fine.text;
    EXPECT_TRUE(has(fine, "/spare is not there yet; PostgreSQL 15\n")) << fine.text;
    EXPECT_EQ(bad.exit_code, 2);
    EXPECT_TRUE(
        has(advised,
            "spare is not there yet; PostgreSQL 15; maker is no superuser and may "
            "make no roles\n")
    ) << advised.text;
    EXPECT_TRUE(has(bad, "belongs to a role that maker is no member of")) << bad.text;
    EXPECT_TRUE(has(bad, "problem  restore target barred")) << bad.text;
    EXPECT_TRUE(has(bad, "this role may not make databases")) << bad.text;
    EXPECT_TRUE(has(bad, "problem  restore target itself")) << bad.text;
    EXPECT_TRUE(has(bad, "is the database that is watched as shop")) << bad.text;
    EXPECT_TRUE(has(bad, "unknown  restore target gone")) << bad.text;
    EXPECT_FALSE(has(bad, "hush")) << bad.text;
    EXPECT_EQ(made, "0");
}

/// A notifier that hands in mail there, as the user `watch`.
std::string mail_by(const FakeMailServer& server, const std::string& password) {
    return "notifiers: [{type: email, server: 'smtp://127.0.0.1:" + std::to_string(server.port()) +
           "', tls: none, username: watch, password: '" + password +
           "', from: backupwatch@example.com, to: [devops@example.com]}]\n";
}

TEST_F(CheckConfigOnline, logs_in_to_the_mail_server_and_sends_nothing) {
    FakeMailServer mail{MailScript()};

    const Reply reply = reply_to("  - {name: shop}\n", mail_by(mail, "correct horse"));

    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    EXPECT_TRUE(has(reply, "ok       notifier email  log-in")) << reply.text;
    EXPECT_TRUE(mail.mails().empty());
    const auto lines = mail.lines();
    const auto begins = [&](const std::string& verb) {
        return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.starts_with(verb);
        });
    };
    EXPECT_TRUE(begins("AUTH"));
    EXPECT_FALSE(begins("MAIL"));
}

TEST_F(CheckConfigOnline, says_that_the_mail_server_refuses_the_log_in) {
    FakeMailServer mail{MailScript()};

    const Reply reply = reply_to("  - {name: shop}\n", mail_by(mail, "canary password"));

    EXPECT_EQ(reply.exit_code, 2) << reply.text;
    EXPECT_TRUE(has(reply, "problem  notifier email  log-in     broken: ")) << reply.text;
    EXPECT_TRUE(has(reply, "535")) << reply.text;
    EXPECT_TRUE(has(reply, "hint: Correct `username` and `password`")) << reply.text;
    EXPECT_FALSE(has(reply, "canary"));
}

TEST_F(CheckConfigOnline, cannot_tell_of_a_mail_server_that_is_not_there) {
    const std::string nowhere =
        "notifiers: [{type: email, server: 'smtp://127.0.0.1:" + std::to_string(unused_port()) +
        "', tls: none, from: a@example.com, to: [b@example.com]}]\n";

    const Reply reply = reply_to("  - {name: shop}\n", nowhere);

    EXPECT_EQ(reply.exit_code, 3) << reply.text;
    EXPECT_TRUE(has(reply, "unknown  notifier email  log-in     retry: ")) << reply.text;
}

}  // namespace
}  // namespace backupwatch
