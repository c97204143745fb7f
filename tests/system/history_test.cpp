// What the real program tells of the past, over the control socket and without a daemon.
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace backupwatch {
namespace {

namespace json = boost::json;

class HistoryOfAProgram : public testing::Test {
  protected:
    HistoryOfAProgram() : site_(TestPostgres::shared().url("shop")) {
        TestPostgres::shared().create_database("shop");
        TestPostgres::shared().execute(
            "shop", "CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 99) AS i"
        );
        site_.configure(
            "        keep: 1s\n        keep_at_least: 1\n        reach_back: 1s\n        drill: "
            "{when: \"" +
            days_away() + "\"}\n"
        );
    }
    ~HistoryOfAProgram() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    Site site_;
};

TEST_F(HistoryOfAProgram, has_a_dump_that_retention_removed_its_drill_and_marks) {
    const Ran nothing = site_.run({"history", "shop"});
    EXPECT_EQ(nothing.exit_code, 0) << nothing.err;
    EXPECT_TRUE(nothing.out.starts_with("nothing is known of shop since ")) << nothing.out;
    const std::string first = site_.take_backup();
    EXPECT_EQ(site_.run({"mark", "shop", "deploy 2.0"}).exit_code, 0);
    Daemon daemon(site_);
    const std::string second = site_.take_backup();
    EXPECT_EQ(site_.drill(second).exit_code, 0);
    const std::string third = site_.take_backup();
    // Longer than `keep`.
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    const std::string fourth = site_.take_backup();
    const auto kept = site_.completed();
    EXPECT_EQ(std::ranges::count(kept, first), 0) << "retention removed it";

    const Ran asked = site_.run({"history", "shop", "--json"});

    ASSERT_EQ(asked.exit_code, 0) << asked.err;
    const json::value document = asked.json();
    const auto& backups = document.at("backups").as_array();
    ASSERT_EQ(backups.size(), 4U) << asked.out;
    EXPECT_EQ(backups.at(0).at("id").as_string(), first);
    EXPECT_TRUE(backups.at(0).at("removed_at").is_string());
    EXPECT_EQ(backups.at(3).at("id").as_string(), fourth);
    EXPECT_TRUE(backups.at(3).at("removed_at").is_null());
    EXPECT_EQ(document.at("drills").at(0).at("backup").as_string(), second);
    EXPECT_EQ(document.at("drills").at(0).at("verified_rows").as_int64(), 99);
    EXPECT_EQ(document.at("marks").at(0).at("text").as_string(), "deploy 2.0");
    const json::value known = daemon.get("/api/v1/databases/shop").json();
    EXPECT_EQ(known.at("marks"), document.at("marks"));
    EXPECT_EQ(daemon.get("/api/v1/status").json().at("databases").at(0), known);
    EXPECT_EQ(daemon.stop().exit_code, 0);
    const Ran without = site_.run({"history", "shop", "--limit", "1"});
    EXPECT_TRUE(without.out.starts_with("left out: 3 older backups; ")) << without.out;
    EXPECT_NE(without.out.find("  drill     nightly  " + second + " passed, "), std::string::npos);
    EXPECT_EQ(site_.run({"history", "shop", "--since", "yesterday"}).exit_code, 64);
}

}  // namespace
}  // namespace backupwatch
