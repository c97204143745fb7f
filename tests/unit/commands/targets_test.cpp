#include "unit/commands/watched_world.hpp"
#include "watch/silence_target.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

const std::string two_databases = R"(
state_dir: $/state
databases:
  - name: shop
    url: host=/nowhere
    backups:
      - {source: dump, name: nightly, directory: $/shop, take: "03:00", drill: {}}
      - {source: dump, name: copied, directory: $/copied}
  - name: mail
    backups:
      - {source: dump, name: one, directory: $/one}
      - {source: dump, name: two, directory: $/two}
  - name: metrics
    disk: {source: filesystem, path: /}
  - name: bare
)";

bool takes(const WatchedSet& set) {
    return set.settings.take.has_value();
}

class Targets : public testing::Test {
  protected:
    /// The sets that are meant, or why none is: sentence [hint].
    std::string found(const std::string& target, const World::Fits& fits = nullptr) {
        try {
            return target_of(watched_.world->find_set(target, fits));
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::usage);
            return std::string(failure.what()) + " [" + failure.hint() + "]";
        }
    }
    Reply command(const std::string& verb, std::vector<std::string> targets) {
        return watched_.command({verb, std::move(targets), {}});
    }

    WatchedWorld watched_{two_databases};
};

TEST_F(Targets, mean_the_only_set_of_a_database_that_fits) {
    EXPECT_EQ(found("shop", takes), "shop/nightly");
    EXPECT_EQ(found("shop/copied", takes), "shop/copied") << "who names a set means it";
    EXPECT_EQ(found("shop"), "shop has several sets [name one of shop/nightly, shop/copied.]")
        << "of a command that any set fits";
    EXPECT_EQ(found("mail", takes), "mail has several sets [name one of mail/one, mail/two.]")
        << "where none fits";
}

TEST_F(Targets, that_are_not_there_name_what_is) {
    EXPECT_EQ(
        found("shoop"),
        "nothing is watched under the name \"shoop\" [there is shop/nightly, shop/copied, "
        "mail/one, mail/two, metrics, bare.]"
    );
}

TEST_F(Targets, of_a_database_without_sets_name_no_set) {
    EXPECT_EQ(
        found("metrics"), "metrics has no backup set [its configuration lists none in `backups`.]"
    );
}

TEST_F(Targets, of_check_are_databases_with_nothing_but_a_disk_too) {
    const Reply reply = command("check", {"metrics"});
    const auto& findings = reply.document.at("findings").as_array();
    ASSERT_EQ(findings.size(), 1u) << reply.text;
    EXPECT_EQ(findings[0].at("check").as_string(), "disk");
}

TEST_F(Targets, of_check_with_nothing_to_check_are_not_fine) {
    const Reply reply = command("check", {"bare"});
    EXPECT_EQ(reply.exit_code, 64);
    EXPECT_NE(reply.text.find("there is nothing to check"), std::string::npos) << reply.text;
}

TEST_F(Targets, may_leave_out_the_set_that_backup_and_drill_can_only_mean) {
    // Nobody can log in there, and nothing is there to drill: but it was this set that was tried.
    EXPECT_EQ(command("backup", {"shop"}).exit_code, 2);
    const Reply drill = command("drill", {"shop"});
    EXPECT_EQ(drill.exit_code, 3) << drill.text;
    EXPECT_NE(drill.text.find("shop/nightly has no completed backup"), std::string::npos)
        << drill.text;
}

TEST_F(Targets, of_drill_hint_at_backup_only_where_there_is_one_to_take) {
    std::filesystem::create_directory(watched_.folder() / "copied");
    EXPECT_NE(
        command("drill", {"shop/nightly"}).text.find("`backupwatch backup shop/nightly`"),
        std::string::npos
    );
    const Reply copied = command("drill", {"shop/copied"});
    EXPECT_EQ(copied.text.find("backupwatch backup"), std::string::npos) << copied.text;
    EXPECT_NE(copied.text.find("none has come to"), std::string::npos) << copied.text;
}

struct SilenceCase {
    const char* target;
    const char* error;  ///< sentence [hint]; empty: it can be silenced
};

TEST_F(Targets, of_a_silence_are_what_is_watched_or_the_nearest_name_is_told) {
    const SilenceCase cases[] = {
        {"shop", ""},
        {"shop/nightly", ""},
        {"shop/nightly/backup", ""},
        {"shop//backup", ""},
        {"metrics//disk", ""},
        {"bare", ""},
        {"backupwatch//clock", ""},
        {"shp", "nothing is watched under the name \"shp\" [did you mean \"shop\"?]"},
        {"elsewhere",
         "nothing is watched under the name \"elsewhere\" [there is backupwatch, bare, mail, "
         "metrics "
         "and shop.]"},
        {"shop/nigtly", "shop has no set \"nigtly\" [did you mean \"nightly\"?]"},
        {"bare/nightly", "bare has no set \"nightly\" [there is none.]"},
        {"shop/nightly/bakup", "\"bakup\" is no check of shop/nightly [did you mean \"backup\"?]"},
        {"shop//disk",
         "\"disk\" is no check of shop [there is backup, restore, retention, shape, size and "
         "source.]"},
        {"backupwatch/slack", "backupwatch has no set \"slack\" [there is none.]"},
        {"shop/nightly/backup/now",
         "\"shop/nightly/backup/now\" is no target [write DATABASE, DATABASE/SET or "
         "DATABASE/SET/CHECK.]"},
    };
    for (const auto& [target, error] : cases) {
        std::string said;
        try {
            const Silence silence = silence_of(*watched_.world, target);
            EXPECT_TRUE(std::string(target).starts_with(silence.database));
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::usage);
            said = std::string(failure.what()) + " [" + failure.hint() + "]";
        }
        EXPECT_EQ(said, error) << target;
    }
}

}  // namespace
}  // namespace backupwatch
