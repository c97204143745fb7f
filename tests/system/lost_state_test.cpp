#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

class LostState : public testing::Test {
  protected:
    LostState() : site_(TestPostgres::shared().url("shop")) {
        TestPostgres::shared().create_database("shop");
    }

    Site site_;
};

TEST_F(LostState, is_in_every_view_of_a_daemon_that_watches_on) {
    const std::string metric =
        "backupwatch_check_status{database=\"backupwatch\",set=\"\",check=\"state\"}";
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

}  // namespace
}  // namespace backupwatch
