#include "support/small_disk.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

const std::string metric =
    "backupwatch_check_status{database=\"backupwatch\",set=\"\",check=\"state\"}";

std::string with_state(std::string configuration, const fs::path& from, const fs::path& to) {
    configuration.replace(configuration.find(from.string()), from.string().size(), to.string());
    return configuration;
}

bool daemon_knows(const Daemon& daemon, const std::string& name) {
    const std::string value = daemon.metric(name);
    return !value.empty() && value != "NaN";
}

class LostState : public testing::Test {
  protected:
    LostState() : site_(TestPostgres::shared().url("shop")) {
        TestPostgres::shared().create_database("shop");
    }

    Site site_;
};

TEST_F(LostState, is_in_every_view_of_a_daemon_that_watches_on) {
    Daemon daemon(site_);
    await("the first look", [&] { return daemon.metric(metric) == "0"; });
    for (const char* file : {"state.db", "state.db-wal", "state.db-shm"}) {
        fs::remove(site_.state() / file);
    }

    EXPECT_EQ(daemon.get("/readyz").status, 503);

    EXPECT_EQ(daemon.metric(metric), "2");
    EXPECT_TRUE(daemon.get("/api/v1/status").json().at("store_error").is_string());
    const Ran status = site_.run({"status"});
    EXPECT_EQ(status.exit_code, 2) << status.out << status.err;
    EXPECT_EQ(status.out.find("nothing is wrong"), std::string::npos) << status.out;
    const Ran check = site_.run({"check", "--json"});
    EXPECT_EQ(check.exit_code, 2) << "findings, not an error: " << check.out << check.err;
    EXPECT_EQ(daemon.log().find("a task of ours ended"), std::string::npos) << daemon.log();
}

TEST_F(LostState, for_want_of_room_at_the_start_is_an_alarm_and_no_crash) {
    const SmallDisk disk(site_.state());
    if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    disk.fill();

    Daemon daemon(site_);

    const HttpAnswer ready = daemon.get("/readyz");
    EXPECT_EQ(ready.status, 503);
    EXPECT_NE(ready.body.find("full"), std::string::npos) << ready.body;
    await("the alarm is in the metrics", [&] { return daemon.metric(metric) == "2"; });
    EXPECT_NE(daemon.log().find("the state is kept in memory only"), std::string::npos)
        << daemon.log();
    EXPECT_EQ(site_.run({"status"}).exit_code, 2);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

/// The verdict is known, and told, from memory, and kept once there is room.
TEST_F(LostState, for_want_of_room_in_a_drill_keeps_its_verdict_until_there_is_room) {
    const SmallDisk disk(site_.state());
    if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    const auto gate = create_held(TestPostgres::shared(), "held");
    const Site held(TestPostgres::shared().url("held"));
    held.configure("        drill: {when: \"" + days_away() + "\"}\n");
    write_text(held.config(), with_state(read_text(held.config()), held.state(), site_.state()));
    const std::string id = held.take_backup();
    const std::string verdict = "backupwatch_drill_last_result{database=\"shop\",set=\"nightly\"}";
    {
        Daemon daemon(held);
        const auto drill = held.start({"drill", "shop", "--backup", id, "--json"});
        await_process_in(held.work(), "/pg_restore ");
        disk.fill();
        write_text(gate, "");
        const Ran ran = drill->wait();
        EXPECT_NE(ran.out.find("\"result\":\"passed\""), std::string::npos) << ran.out << ran.err;
        EXPECT_EQ(daemon.metric(verdict), "1");
        await("the alarm", [&] { return daemon.metric(metric) == "2"; });

        disk.make_room();
        await("it is written again", [&] {
            daemon.get("/readyz");
            held.run({"check", "shop"});
            return daemon.metric(metric) == "0";
        });
        EXPECT_EQ(daemon.stop().exit_code, 0);
    }
    Daemon next(held);
    await("the first look", [&] { return daemon_knows(next, verdict); });
    EXPECT_EQ(next.metric(verdict), "1") << "the verdict was forgotten";
}

/// Nothing that could not be read is "nothing", and nothing is kept that ends with the command.
TEST_F(LostState, for_want_of_room_is_said_by_every_command_that_works_on_it) {
    const SmallDisk disk(site_.state());
    if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    disk.fill();
    struct Case {
        std::vector<std::string> command;
        int exit_code;
    };
    const std::vector<Case> cases{
        {{"incidents"}, 3},
        {{"silences"}, 3},
        {{"silence", "shop", "--for", "2h", "--reason", "move"}, 2},
        {{"unsilence", "1"}, 2},
        {{"acknowledge", "1"}, 2},
    };
    for (const Case& row : cases) {
        const Ran ran = site_.run(row.command);
        EXPECT_EQ(ran.exit_code, row.exit_code) << row.command[0] << ": " << ran.out << ran.err;
        EXPECT_NE(ran.err.find("full"), std::string::npos) << row.command[0] << ": " << ran.err;
        EXPECT_EQ(ran.out, "");
    }
}

}  // namespace
}  // namespace backupwatch
