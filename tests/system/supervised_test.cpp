// What systemd is told, at a socket as it makes one, and what `reload` answers.
#include "fakes/fake_http_server.hpp"
#include "support/notify_socket.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace backupwatch {
namespace {

/// $NOTIFY_SOCKET of what is started meanwhile.
class Supervision {
  public:
    explicit Supervision(const std::filesystem::path& path) : socket_(path.string()) {
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
        ::setenv("WATCHDOG_USEC", "2000000", 1);
    }
    ~Supervision() {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
    }

    std::vector<std::string> heard() const { return socket_.heard(); }
    /// Nothing comes for that long; what came before is forgotten.
    bool is_silent_for(std::chrono::milliseconds time) const {
        // A stopped process may still be saying something.
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        heard();
        std::this_thread::sleep_for(time);
        return heard().empty();
    }

  private:
    NotifySocket socket_;
};

std::vector<std::string> without_pings(std::vector<std::string> messages) {
    std::erase_if(messages, [](const auto& one) { return one.starts_with("WATCHDOG=1"); });
    return messages;
}

class Supervised : public testing::Test {
  protected:
    Supervised() : site_(TestPostgres::shared().url("shop")) {
        TestPostgres::shared().create_database("shop");
    }
    ~Supervised() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    Supervision listen() const { return Supervision(site_.config().parent_path() / "notify"); }

    Site site_;
};

TEST_F(Supervised, says_when_it_is_ready_that_it_lives_and_that_it_stops) {
    const Supervision socket = listen();
    Daemon daemon(site_);
    std::vector<std::string> heard;
    await("it says that it is ready, and lives", [&] {
        for (const std::string& message : socket.heard()) heard.push_back(message);
        return std::ranges::any_of(heard, [](const auto& one) {
            return one.starts_with("WATCHDOG=1");
        });
    });
    EXPECT_TRUE(heard.at(0).starts_with("READY=1\nSTATUS=1 database, no incident, next slot "))
        << heard.at(0);
    EXPECT_TRUE(heard.back().starts_with("WATCHDOG=1\nSTATUS=1 database, ")) << heard.back();

    socket.heard();
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_EQ(without_pings(socket.heard()), std::vector<std::string>{"STOPPING=1"});
}

TEST_F(Supervised, is_not_said_to_live_while_it_is_held_up) {
    const Supervision socket = listen();
    Daemon daemon(site_);
    await("it lives", [&] { return !without_pings(socket.heard()).empty(); });
    daemon.send(SIGSTOP);
    EXPECT_TRUE(socket.is_silent_for(std::chrono::seconds(3)));
    daemon.send(SIGCONT);
    await("it lives again", [&] { return !socket.heard().empty(); });
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Supervised, answers_a_reload_when_the_new_configuration_is_in_use) {
    const Supervision socket = listen();
    Daemon daemon(site_);
    await("it is ready", [&] { return !socket.heard().empty(); });
    site_.configure("", "  - {name: crm, disk: {source: filesystem, path: /}}\n");

    const Ran reload = site_.run({"reload"});

    EXPECT_EQ(reload.exit_code, 0) << reload.err;
    EXPECT_EQ(reload.out, "reloaded: 2 databases\n");
    EXPECT_EQ(
        daemon.metric("backupwatch_disk_used_ratio{database=\"crm\",set=\"\"}").empty(), false
    );
    const auto heard = without_pings(socket.heard());
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_EQ(heard[0], "RELOADING=1");
    EXPECT_TRUE(heard[1].starts_with("READY=1\nSTATUS=2 databases, ")) << heard[1];
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Supervised, answers_a_bad_reload_with_its_errors_and_goes_on_with_the_old_one) {
    const Supervision socket = listen();
    Daemon daemon(site_);
    await("it is ready", [&] { return !socket.heard().empty(); });
    const std::string good = read_text(site_.config());
    write_text(site_.config(), good + "bakcups: []\n");

    const Ran reload = site_.run({"reload"});
    const Ran as_json = site_.run({"reload", "--json"});

    EXPECT_EQ(reload.exit_code, 78);
    EXPECT_NE(reload.err.find("bakcups"), std::string::npos) << reload.err;
    EXPECT_NE(reload.err.find("the configuration from before stays in use"), std::string::npos);
    EXPECT_EQ(as_json.exit_code, 78);
    EXPECT_TRUE(as_json.json().as_object().contains("error")) << as_json.out;
    EXPECT_EQ(daemon.metric("backupwatch_config_last_reload_successful"), "0");
    const auto heard = without_pings(socket.heard());
    ASSERT_EQ(heard.size(), 4u);
    EXPECT_NE(heard[1].find("the newest configuration is bad"), std::string::npos) << heard[1];

    write_text(site_.config(), good);
    EXPECT_EQ(site_.run({"reload"}).exit_code, 0);
    EXPECT_EQ(daemon.metric("backupwatch_config_last_reload_successful"), "1");
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Supervised, cannot_be_reloaded_where_it_does_not_run) {
    const Ran reload = site_.run({"reload"});
    EXPECT_EQ(reload.exit_code, 3);
    EXPECT_NE(reload.err.find("no daemon runs"), std::string::npos) << reload.err;
}

TEST_F(Supervised, is_told_of_without_its_state_and_says_where_nobody_could_be_told) {
    const Ran nobody = site_.run({"tell", "it is down"});
    EXPECT_EQ(nobody.exit_code, 2);
    EXPECT_NE(nobody.out.find("nobody was told"), std::string::npos) << nobody.out;
    EXPECT_FALSE(std::filesystem::exists(site_.state() / "state.db"));
}

/// A bad configuration is what ends a daemon most often, and the service has variables of its own.
TEST_F(Supervised, is_told_of_by_every_notifier_that_can_be_read_though_the_rest_cannot) {
    const FakeHttpServer chat{FakeAnswer{200, {{"Content-Type", "text/html"}}, "ok"}};
    const std::string slack =
        "{name: chat, type: slack, webhook_url: \"" + chat.url("/services/x") + "\"}";
    const std::string hook =
        "{name: hook, type: webhook, url: \"" + chat.url() + "\", secret: \"${UNSET_SECRET}\"}";
    write_text(
        site_.config(),
        "databases: [{name: shop, url: \"${UNSET_DATABASE_URL}\"}]\nbakcups: []\n"
        "notifiers: [" +
            slack + "]\n"
    );
    const Ran all = site_.run({"tell", "it is down"});
    EXPECT_EQ(all.exit_code, 0) << all.out << all.err;
    ASSERT_EQ(chat.received().size(), 1u);
    EXPECT_NE(chat.received().front().body.find("it is down"), std::string::npos);

    write_text(site_.config(), "notifiers: [" + slack + ", " + hook + "]\n");
    const Ran some = site_.run({"tell", "it is down"});
    EXPECT_EQ(some.exit_code, 1) << some.out << some.err;
    EXPECT_NE(some.out.find("${UNSET_SECRET}"), std::string::npos) << some.out;
    EXPECT_EQ(chat.received().size(), 2u);

    write_text(site_.config(), "notifiers: [" + hook + "]\n");
    EXPECT_EQ(site_.run({"tell", "it is down"}).exit_code, 78);
}

}  // namespace
}  // namespace backupwatch
