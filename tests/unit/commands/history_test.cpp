// history, and the marks that status shows, as both the command line and the control socket have
// them.
#include "commands/verbs.hpp"
#include "unit/commands/watched_world.hpp"

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const std::string shop_and_crm = R"(
state_dir: $/state
databases:
  - {name: shop, url: host=/nowhere, backups: [{source: dump, name: nightly, directory: $/shop}]}
  - {name: crm, url: host=/nowhere, backups: [{source: dump, name: nightly, directory: $/crm}]}
)";

class History : public testing::Test {
  protected:
    History() {
        for (const char* name : {"shop", "crm"}) {
            std::filesystem::create_directory(watched_.folder() / name);
        }
    }
    void take(const std::string& id, Duration ago) {
        Outcome outcome;
        outcome.database = "shop";
        outcome.set = "nightly";
        outcome.at = now_;
        Backup& backup = outcome.seen.emplace_back();
        backup.id = id;
        backup.status = BackupStatus::completed;
        backup.started_at = now_ - ago;
        backup.finished_at = now_ - ago;
        watched_.commit(std::move(outcome));
    }
    void mark(const std::string& text) {
        EXPECT_EQ(watched_.command({"mark", {"shop"}, {{"text", text}}}).exit_code, 0);
    }
    Reply history(boost::json::object options = {}) {
        return watched_.command({"history", {"shop"}, std::move(options)});
    }

    WatchedWorld watched_{shop_and_crm};
    Instant now_ = parse_rfc3339(WatchedWorld::now).value();
};

TEST_F(History, has_what_was_for_400_days_unless_asked_otherwise) {
    take("older", 401 * 24h);
    take("old", 399 * 24h);
    take("young", 2h);
    mark("deploy 2.0");

    const Reply reply = history();

    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    const auto& document = reply.document;
    ASSERT_EQ(document.at("backups").as_array().size(), 2U);
    EXPECT_EQ(document.at("backups").at(0).at("id").as_string(), "old");
    EXPECT_EQ(document.at("backups").at(1).at("set").as_string(), "nightly");
    EXPECT_TRUE(document.at("backups").at(1).at("removed_at").is_null());
    EXPECT_EQ(document.at("marks").at(0).at("text").as_string(), "deploy 2.0");
    EXPECT_TRUE(document.at("state_error").is_null());
    EXPECT_NE(reply.text.find("  mark      deploy 2.0\n"), std::string::npos) << reply.text;
    EXPECT_EQ(history({{"since", "1d"}}).document.at("backups").as_array().size(), 1U);
    EXPECT_EQ(history({{"since", "2026-11-22"}}).document.at("backups").as_array().size(), 1U);
    const Reply limited = history({{"limit", "1"}});
    EXPECT_EQ(limited.document.at("left_out").at("backups").as_uint64(), 1U);
    EXPECT_TRUE(limited.text.starts_with("left out: 1 older backup; ")) << limited.text;
}

TEST_F(History, says_of_a_backup_that_is_not_listed_any_more_that_it_is_gone) {
    take("gone", 2h);
    const auto listed = [&] { return history().document.at("backups").at(0).at("listed"); };
    EXPECT_TRUE(listed().is_null()) << "nobody has looked";

    watched_.command({"check", {"shop"}, {}});

    EXPECT_EQ(listed(), false);
}

TEST_F(History, refuses_what_it_cannot_ask_for) {
    for (const char* limit : {"0", "-1", "ten", "10001", "1 "}) {
        EXPECT_EQ(history({{"limit", limit}}).exit_code, 64) << limit;
    }
    EXPECT_EQ(history({{"since", "yesterday"}}).exit_code, 64);
    EXPECT_EQ(watched_.command({"history", {"users"}, {}}).exit_code, 64);
    EXPECT_EQ(watched_.command({"history", {}, {}}).exit_code, 64);
    EXPECT_EQ(watched_.command({"history", {"shop/nightly"}, {}}).exit_code, 64);
}

TEST_F(History, is_that_of_a_database_that_is_no_longer_watched_too) {
    Outcome outcome;
    outcome.database = "former";
    outcome.at = now_;
    outcome.mark = NotedMark{"former", now_, NotedMark::Kind::noted, "taken down"};
    watched_.commit(std::move(outcome));

    const Reply reply = watched_.command({"history", {"former"}, {}});

    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    EXPECT_EQ(reply.text, "2026-11-22T12:00Z  mark      taken down\n");
}

TEST_F(History, is_no_green_light_where_the_state_was_lost) {
    watched_.world->state_alarm = "it cannot be opened";

    const Reply reply = history();

    EXPECT_EQ(reply.exit_code, 3);
    EXPECT_EQ(
        reply.document.at("state_error").as_string(),
        "the state cannot be read: it cannot be opened"
    );
    EXPECT_TRUE(reply.text.ends_with("the state cannot be read: it cannot be opened\n"));
}

TEST_F(History, of_an_incident_says_how_it_failed_and_not_how_it_passed) {
    const auto find = [&](Severity severity, const std::string& summary) {
        Outcome outcome;
        outcome.database = "shop";
        outcome.set = "nightly";
        outcome.at = now_;
        Finding& finding = outcome.findings.emplace_back();
        finding.database = "shop";
        finding.set = "nightly";
        finding.check = "backup";
        finding.severity = severity;
        finding.summary = summary;
        finding.failures = severity == Severity::ok ? 0 : 1;
        watched_.commit(std::move(outcome));
    };
    watched_.world->alerting.use(AlertPolicy());
    find(Severity::critical, "there is none");
    find(Severity::ok, "all is well");

    const Reply reply = history();

    ASSERT_EQ(reply.document.at("incidents").as_array().size(), 1U);
    const auto& incident = reply.document.at("incidents").at(0);
    EXPECT_EQ(incident.at("summary").as_string(), "there is none");
    EXPECT_EQ(incident.at("worst").as_string(), "critical");
    EXPECT_EQ(incident.at("ended_at").as_string(), WatchedWorld::now);
    EXPECT_TRUE(incident.at("told").as_array().empty());
}

TEST_F(History, has_its_newest_marks_in_status) {
    for (const char* text : {"1.7", "1.8", "1.9", "2.0"}) mark(text);

    const Reply reply = watched_.command({"status", {}, {}});

    const auto& marks = reply.document.at("databases").at(0).at("marks").as_array();
    ASSERT_EQ(marks.size(), 3U);
    EXPECT_EQ(marks.at(2).at("text").as_string(), "2.0");
    EXPECT_EQ(marks.at(2).at("kind").as_string(), "noted");
    EXPECT_TRUE(reply.document.at("databases").at(1).at("marks").as_array().empty());
    EXPECT_TRUE(reply.text.ends_with(
        "\nmarks\n  2026-11-22T12:00Z  shop  1.8\n  2026-11-22T12:00Z  shop  1.9\n"
        "  2026-11-22T12:00Z  shop  2.0\n"
    )) << reply.text;
    watched_.pass(31 * 24h);
    const Reply later = watched_.command({"status", {}, {}});
    EXPECT_TRUE(later.document.at("databases").at(0).at("marks").as_array().empty());
}

}  // namespace
}  // namespace backupwatch
