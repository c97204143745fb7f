// What a deployment asks the real program before a migration, over HTTP and as a command.
#include "fakes/fake_http_server.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace backupwatch {
namespace {

namespace json = boost::json;

class GateOfAProgram : public testing::Test {
  protected:
    GateOfAProgram() : site_(TestPostgres::shared().url("shop")) {
        TestPostgres::shared().create_database("shop");
        TestPostgres::shared().execute(
            "shop", "CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 99) AS i"
        );
        // By hand alone: a drill that follows by itself would open it at any moment.
        site_.configure(
            "        drill: {when: \"" + days_away() + "\"}\n",
            "notifiers:\n  - {type: slack, webhook_url: \"" + chat_.url("/services/T/B/x") + "\"}\n"
        );
    }
    ~GateOfAProgram() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    static bool has(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }
    bool was_told(const std::string& begin) const {
        const auto received = chat_.received();
        return std::ranges::any_of(received, [&](const ReceivedRequest& request) {
            const json::value message = json::parse(request.body);
            return std::string(message.at("text").as_string()).starts_with(begin);
        });
    }

    FakeHttpServer chat_{FakeAnswer{200, {{"Content-Type", "text/html"}}, "ok"}};
    Site site_;
};

TEST_F(GateOfAProgram, opens_over_http_once_a_dump_was_taken_and_drilled) {
    Daemon daemon(site_);
    const std::string unproven = site_.take_backup();
    const HttpAnswer shut = daemon.get("/api/v1/gate/shop");
    EXPECT_EQ(shut.status, 409) << shut.body;
    EXPECT_TRUE(has(shut.body, unproven)) << shut.body;
    EXPECT_TRUE(has(shut.body, "has passed no drill yet")) << shut.body;
    EXPECT_EQ(site_.run({"gate", "shop"}).exit_code, 2);

    const Ran taken = site_.run({"gate", "shop", "--take", "--json"});

    EXPECT_EQ(taken.exit_code, 0) << taken.out << taken.err;
    const json::value proof = taken.json().at("proof");
    EXPECT_NE(proof.at("backup").at("id").as_string(), unproven);
    const HttpAnswer open = daemon.get("/api/v1/gate/shop");
    EXPECT_EQ(open.status, 200) << open.body;
    EXPECT_EQ(open.json().at("proof").at("backup").at("id"), proof.at("backup").at("id"));
    EXPECT_EQ(daemon.get("/api/v1/gate/shop?max_age=1ms").status, 409);
    EXPECT_EQ(daemon.get("/api/v1/gate/users").status, 404);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(GateOfAProgram, is_shut_while_somebody_else_dumps_the_database) {
    ASSERT_EQ(site_.run({"gate", "shop", "--take"}).exit_code, 0);
    Daemon daemon(site_);
    await("the first look", [&] { return daemon.get("/api/v1/gate/shop").status == 200; });
    const std::string held = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SET application%'";
    std::thread dump([] {
        try {
            TestPostgres::shared().execute(
                "shop",
                "SET application_name = 'pg_dump'; LOCK TABLE posts IN ACCESS SHARE MODE;"
                "SELECT pg_sleep(60)"
            );
        } catch (const std::exception&) {
            // It is ended below.
        }
    });
    await("the locks", [&] { return !TestPostgres::shared().value("shop", held).empty(); });
    const Ran shut = site_.run({"gate", "shop"});
    const HttpAnswer conflict = daemon.get("/api/v1/gate/shop");
    TestPostgres::shared().execute(
        "shop",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_dump'"
    );
    dump.join();

    EXPECT_EQ(shut.exit_code, 2) << shut.out << shut.err;
    EXPECT_TRUE(has(shut.out, "a pg_dump of shop is running, pid ")) << shut.out;
    EXPECT_EQ(conflict.status, 409) << conflict.body;
    EXPECT_TRUE(has(conflict.body, "a pg_dump of shop is running, pid ")) << conflict.body;
    EXPECT_EQ(site_.run({"gate", "shop"}).exit_code, 0);
    EXPECT_EQ(daemon.get("/api/v1/gate/shop").status, 200);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(GateOfAProgram, is_overridden_by_a_command_and_told_by_the_next_daemon) {
    const Ran overridden = site_.run({"gate", "shop", "--override", "hotfix 4711"});
    EXPECT_EQ(overridden.exit_code, 0) << overridden.out << overridden.err;
    EXPECT_TRUE(has(overridden.out, "there is no completed backup")) << overridden.out;
    EXPECT_TRUE(has(overridden.err, "in the outbox: 1 notice")) << overridden.err;
    EXPECT_TRUE(chat_.received().empty());

    const Daemon daemon(site_);

    await("the chat to be told", [&] {
        return was_told("backupwatch, shop: the gate was overridden: hotfix 4711");
    });
}

}  // namespace
}  // namespace backupwatch
