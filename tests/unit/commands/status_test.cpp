#include "commands/next_slots.hpp"
#include "json/text.hpp"
#include "unit/commands/watched_world.hpp"
#include "unit/sources/sample_dump.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

const std::string one_set = R"(
state_dir: $/state
databases:
  - name: shop
    url: host=/nowhere
    backups:
      - {source: dump, name: nightly, directory: $/shop, take: "03:00", drill: {}}
      - {source: dump, name: copied, directory: $/copied, check: "Sun 13:00", drill: {when: "12:30"}}
)";

class Status : public testing::Test {
  protected:
    Status() {
        const SampleDump dump(watched_.folder() / "shop", "20261122T030000Z");
        std::filesystem::create_directory(watched_.folder() / "copied");
        DrillRecord drill;
        drill.outcome.backup_id = dump.manifest.id;
        drill.outcome.result = DrillOutcome::Result::passed;
        drill.outcome.finished_at = instant("2026-11-22T03:10:00Z");
        drill.outcome.seconds = 1.0 / 3;
        remember_drill(watched_.world->find_set("shop/nightly"), drill);
        reply_ = watched_.command({"status", {}, {}});
    }
    bool says(const std::string& line) const {
        return reply_.text.find("\n" + line + "\n") != std::string::npos;
    }
    const boost::json::value& set(std::size_t i) const {
        return reply_.document.at("databases").at(0).at("sets").at(i);
    }

    WatchedWorld watched_{one_set};
    Reply reply_;
};

TEST_F(Status, names_the_next_slots_of_each_set_the_soonest_first) {
    EXPECT_TRUE(says("  next           take 2026-11-23T03:00:00Z")) << reply_.text;
    EXPECT_TRUE(says("  next           drill 2026-11-22T12:30:00Z, check 2026-11-22T13:00:00Z"))
        << reply_.text;
    EXPECT_EQ(json_text(set(0).at("next")), R"([{"kind":"take","at":"2026-11-23T03:00:00Z"}])");
    EXPECT_EQ(
        json_text(set(1).at("next")),
        R"([{"kind":"drill","at":"2026-11-22T12:30:00Z"},{"kind":"check","at":"2026-11-22T13:00:00Z"}])"
    );
}

TEST_F(Status, shows_a_label_wherever_it_names_the_backup) {
    const std::string name = R"(20261122T030000Z "before \"the\" migration\n")";
    EXPECT_NE(reply_.text.find("  newest backup  " + name + ", "), std::string::npos)
        << reply_.text;
    EXPECT_TRUE(says("  last drill     passed 8 h 50 min ago, of " + name)) << reply_.text;
}

TEST_F(Status, rounds_seconds_to_what_was_measured) {
    EXPECT_EQ(json_text(set(0).at("last_drill").at("restore_seconds")), "0.333");
}

const std::string with_disk = R"(
state_dir: $/state
databases:
  - name: shop
    url: host=/nowhere
    backups: [{source: dump, name: nightly, directory: $/shop, take: "03:00", drill: {}}]
    disk: {source: filesystem, path: /, warning: 1%, critical: 2%}
)";

TEST(StatusWithoutADaemon, looks_at_disks_and_at_ourselves_too) {
    WatchedWorld watched(with_disk);
    const Reply reply = watched.command({"status", {}, {}});

    EXPECT_EQ(reply.exit_code, 2);
    EXPECT_NE(reply.text.find("critical shop disk"), std::string::npos) << reply.text;
    EXPECT_EQ(reply.document.at("backupwatch").as_array().size(), 3u);
    const auto samples = watched.world->databases[0].samples.size();
    watched.command({"status", {}, {}});
    EXPECT_EQ(watched.world->databases[0].samples.size(), samples) << "once";
}

TEST(StatusAfterADrillByHand, that_did_not_pass_claims_no_good_news) {
    WatchedWorld watched(
        "{state_dir: $/state, databases: [{name: shop, url: host=/nowhere, backups: "
        "[{source: dump, name: nightly, directory: $/shop, take: '03:00', drill: {}}]}]}"
    );
    WatchedSet& set = watched.world->find_set("shop/nightly");
    DrillRecord drill;
    drill.by_hand = true;
    drill.outcome.result = DrillOutcome::Result::failed;
    remember_drill(set, drill);
    set.last_look = set.last_drill->outcome.finished_at;
    watched.world->last_look_at_ourselves = set.last_look;

    const Reply reply = watched.command({"status", {}, {}});

    EXPECT_EQ(reply.exit_code, 0);
    EXPECT_TRUE(reply.text.starts_with(
        "no check fails; the last drill of shop/nightly, by hand, failed: see below\n"
    )) << reply.text;
}

}  // namespace
}  // namespace backupwatch
