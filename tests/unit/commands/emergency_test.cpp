// attest, runbook and readiness, as both the command line and the control socket have them.
#include "commands/runbook_file.hpp"
#include "commands/verbs.hpp"
#include "unit/commands/watched_world.hpp"

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const std::string prepared_shop = R"(
state_dir: $/state
databases:
  - name: shop
    url: postgresql://u:hunter2@db.example.com:5433/shop
    backups: [{source: dump, name: nightly, directory: $/shop}]
    runbook:
      language: fr
      contacts: [{role: PO, name: Ada, reach: "+33 1"}]
      approvals: [PO]
)";

bool tells(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Request attesting(const std::string& item, boost::json::object more = {}) {
    boost::json::object options{{"item", item}, {"by", "Ada"}};
    for (const auto& [name, value] : more) options[name] = value;
    return {"attest", {"shop"}, std::move(options)};
}

TEST(Attesting, records_what_a_person_confirms_until_it_expires) {
    WatchedWorld watched(prepared_shop);
    std::filesystem::create_directory(watched.folder() / "shop");
    const Reply reply = watched.command(attesting("approval", {{"minutes", "3"}, {"file", "/m"}}));
    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    EXPECT_EQ(reply.document.at("expires_at").as_string(), "2027-02-20T12:00:00Z");
    EXPECT_EQ(reply.document.at("minutes").as_int64(), 3);

    const auto step = [&] {
        return watched.command({"runbook", {"shop"}, {}}).document.at("steps").at(0);
    };
    EXPECT_EQ(step().at("source").as_string(), "attested");
    EXPECT_EQ(step().at("planned_seconds").as_int64(), 180);
    watched.pass(90 * 24h);
    EXPECT_EQ(step().at("source").as_string(), "unknown");
}

TEST(Attesting, refuses_what_would_be_no_evidence) {
    WatchedWorld watched(prepared_shop);
    const Reply unknown = watched.command(attesting("everything"));
    EXPECT_EQ(unknown.exit_code, 64);
    EXPECT_TRUE(tells(unknown.text, "there is approval, ")) << unknown.text;
    EXPECT_EQ(watched.command(attesting("approval", {{"by", " \n"}})).exit_code, 64);
    for (const char* minutes : {"soon", "-1", "3m", "100000000000"}) {
        EXPECT_EQ(watched.command(attesting("approval", {{"minutes", minutes}})).exit_code, 64);
    }
    EXPECT_EQ(watched.command(attesting("contacts", {{"minutes", "3"}})).exit_code, 64);
    Request of_a_set = attesting("approval");
    of_a_set.targets = {"shop/nightly"};
    EXPECT_EQ(watched.command(of_a_set).exit_code, 64);
}

TEST(RunbookCommand, speaks_the_configured_language_and_no_secret) {
    WatchedWorld watched(prepared_shop);
    std::filesystem::create_directory(watched.folder() / "shop");

    const Reply reply = watched.command({"runbook", {"shop"}, {}});

    EXPECT_EQ(reply.exit_code, 1) << "nothing is proven";
    EXPECT_TRUE(tells(reply.report, "# Restauration d’urgence de `shop`")) << reply.report;
    EXPECT_TRUE(tells(reply.report, "- PO : Ada, +33 1")) << reply.report;
    EXPECT_FALSE(tells(reply.report, "hunter2")) << reply.report;
    EXPECT_EQ(reply.text, reply.report);
    const Reply to_file = watched.command({"runbook", {"shop"}, {{"output", "yes"}}});
    EXPECT_EQ(to_file.text, "the runbook of shop has no commands of ours\n");
    EXPECT_EQ(watched.command({"runbook", {"users"}, {}}).exit_code, 64);
}

TEST(ReadinessCommand, tells_each_item_and_exits_with_the_worst) {
    WatchedWorld watched(prepared_shop);
    std::filesystem::create_directory(watched.folder() / "shop");

    const Reply reply = watched.command({"readiness", {"shop"}, {}});

    EXPECT_EQ(reply.exit_code, 2) << reply.text;
    EXPECT_FALSE(reply.document.at("ready").as_bool());
    EXPECT_EQ(reply.document.at("items").as_array().size(), 16U);
    EXPECT_TRUE(tells(reply.text, "MISSING  automatic backups: no completed backup\n         -> "))
        << reply.text;
    EXPECT_TRUE(tells(reply.report, "| critical | free disk |")) << reply.report;
    ASSERT_EQ(watched.command(attesting("contacts", {{"file", "/a|b"}})).exit_code, 0);
    EXPECT_TRUE(tells(watched.command({"readiness", {"shop"}, {}}).report, ": /a/b |  |"));
    EXPECT_TRUE(tells(
        watched.command({"readiness", {"shop"}, {}}).text, "ready    contacts: attested by Ada"
    ));
}

TEST(ReadinessCommand, gives_what_a_provider_said_as_it_came) {
    WatchedWorld watched(
        "state_dir: $\nwork_dir: $/work\ndatabases:\n- name: shop\n  backups:\n  - {source: "
        "supabase, project: abcdefghijklmnopqrst, access_token: sbp_fc0123}\n"
    );
    watched.web.http_reply.status = 401;
    watched.web.http_reply.body = "{ \"message\" : \"Unauthorized\" }";

    const Reply reply = watched.command({"readiness", {"shop"}, {}});

    const auto& evidence = reply.document.at("evidence").as_array();
    ASSERT_EQ(evidence.size(), 1U) << reply.text;
    EXPECT_EQ(evidence[0].at("set").as_string(), "shop/supabase");
    EXPECT_EQ(evidence[0].at("taken_at").as_string(), WatchedWorld::now);
    const auto& replies = evidence[0].at("document").at("replies");
    const auto& backups = replies.at("/v1/projects/abcdefghijklmnopqrst/database/backups");
    EXPECT_EQ(backups.at("status").as_int64(), 401);
    EXPECT_EQ(backups.at("body").as_string(), "{ \"message\" : \"Unauthorized\" }");
}

TEST(ReadinessCommand, counts_for_the_success_rate_what_is_listed_no_more) {
    WatchedWorld watched(prepared_shop);
    std::filesystem::create_directory(watched.folder() / "shop");
    for (const auto ago : {74h, 26h, 2h}) {
        Outcome outcome;
        outcome.database = "shop";
        outcome.set = "nightly";
        outcome.at = parse_rfc3339(WatchedWorld::now).value();
        Backup& backup = outcome.seen.emplace_back();
        backup.id = std::to_string(ago.count());
        backup.status = BackupStatus::completed;
        backup.started_at = outcome.at - ago;
        backup.finished_at = backup.started_at;
        watched.commit(std::move(outcome));
    }

    const Reply reply = watched.command({"readiness", {"shop"}, {}});

    EXPECT_TRUE(tells(
        reply.text,
        "warning  success rate: 75.0%: 3 backups since 2026-11-19T10:00Z, 1 failed or missed"
    )) << reply.text;
}

/// Takes every message, or none.
class OneChannel : public Notifier {
  public:
    OneChannel() { send_to({"endpoint-of-hook"}); }
    void send_to(const std::vector<std::string>& endpoints) {
        lanes_.clear();
        for (const std::string& endpoint : endpoints) {
            Lane lane;
            lane.notifier = "hook";
            lane.endpoint = endpoint;
            lanes_.push_back(std::move(lane));
        }
    }
    const std::vector<Lane>& lanes() const override { return lanes_; }
    Task<Receipt> send(const Lane&, Message) override {
        Receipt receipt;
        receipt.result = answer;
        co_return receipt;
    }
    SendResult answer = SendResult::delivered;

  private:
    std::vector<Lane> lanes_;
};

struct WatchedWithChannel : WatchedWorld {
    WatchedWithChannel()
        : WatchedWorld(
              prepared_shop +
              "notifiers: [{type: slack, name: hook, webhook_url: "
              "\"https://hooks.slack.com/services/T/B/x\"}]\n"
          ) {
        std::filesystem::create_directory(folder() / "shop");
        world->alerting.notifiers = {{"hook", channel}};
        AlertPolicy policy;
        policy.lanes = channel->lanes();
        policy.steps = default_escalation(policy.lanes);
        world->alerting.use(policy);
    }
    std::string readiness() { return command({"readiness", {"shop"}, {}}).text; }

    const std::shared_ptr<OneChannel> channel = std::make_shared<OneChannel>();
};

TEST(ReadinessCommand, knows_of_a_test_that_arrived_until_one_does_not) {
    WatchedWithChannel watched;
    const std::string untested = "MISSING  notifications delivered in a test: no test of hook\n";
    EXPECT_TRUE(tells(watched.readiness(), untested)) << watched.readiness();

    EXPECT_EQ(watched.command({"notify-test", {}, {}}).exit_code, 0);
    EXPECT_TRUE(tells(
        watched.readiness(),
        "ready    notifications delivered in a test: hook at 2026-11-22T12:00Z\n"
    )) << watched.readiness();

    watched.channel->answer = SendResult::broken;
    EXPECT_EQ(watched.command({"notify-test", {}, {}}).exit_code, 2);
    EXPECT_TRUE(tells(watched.readiness(), untested)) << watched.readiness();
}

TEST(ReadinessCommand, knows_of_no_test_of_a_receiver_that_is_new) {
    WatchedWithChannel watched;
    const std::string untested = "MISSING  notifications delivered in a test: no test of hook\n";
    ASSERT_EQ(watched.command({"notify-test", {}, {}}).exit_code, 0);
    ASSERT_FALSE(tells(watched.readiness(), untested));

    watched.channel->send_to({"another"});
    EXPECT_TRUE(tells(watched.readiness(), untested)) << watched.readiness();
    watched.channel->send_to({"endpoint-of-hook", "another"});
    EXPECT_TRUE(tells(watched.readiness(), untested)) << watched.readiness();

    watched.pass(1h);
    ASSERT_EQ(watched.command({"notify-test", {}, {}}).exit_code, 0);
    watched.pass(1h);
    EXPECT_TRUE(tells(
        watched.readiness(),
        "ready    notifications delivered in a test: hook at 2026-11-22T13:00Z\n"
    )) << watched.readiness();
}

TEST(ReadinessCommand, believes_no_measurement_of_the_disk_but_todays) {
    WatchedWorld watched(
        "{state_dir: $/state, databases: [{name: shop, disk: {source: filesystem, path: $/disk}}]}"
    );
    std::filesystem::create_directory(watched.folder() / "disk");
    const auto readiness = [&] { return watched.command({"readiness", {"shop"}, {}}).text; };
    EXPECT_TRUE(tells(readiness(), "free disk: ")) << readiness();
    EXPECT_FALSE(tells(readiness(), "unknown  free disk: ")) << readiness();

    std::filesystem::remove(watched.folder() / "disk");
    watched.pass(1h);

    EXPECT_TRUE(tells(readiness(), "unknown  free disk: cannot tell how full the disk is: "))
        << readiness();
}

TEST(ReadinessCommand, tells_the_chat_what_lacks_when_it_is_asked_to) {
    WatchedWithChannel watched;
    std::vector<Notice> told;
    watched.world->alerting.deliver = [&](std::vector<Pending> notices) {
        for (const Pending& one : notices) {
            if (one.notice.kind == NoticeKind::noted) told.push_back(one.notice);
        }
    };
    watched.readiness();
    EXPECT_TRUE(told.empty());

    const Reply reply = watched.command({"readiness", {"shop"}, {{"notify", "yes"}}});

    EXPECT_TRUE(reply.text.ends_with("\ntold\n")) << reply.text;
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(tells(told[0].summary, "set-up: ")) << told[0].summary;
    EXPECT_TRUE(tells(told[0].summary, " of 16 items ready")) << told[0].summary;
    EXPECT_EQ(told[0].severity, Severity::critical);
    EXPECT_FALSE(told[0].consequences.empty());
}

TEST(Publication, that_fails_is_kept_and_the_runbook_is_there_all_the_same) {
    WatchedWorld watched(prepared_shop + "      publish: [no-such-program-of-ours, --to, x]\n");
    std::filesystem::create_directory(watched.folder() / "shop");

    watched.renew("shop");

    const auto file = runbook_file(*watched.world, "shop");
    EXPECT_TRUE(std::filesystem::exists(file));
    const auto begin = std::filesystem::directory_iterator(file.parent_path());
    EXPECT_EQ(std::distance(begin, std::filesystem::directory_iterator()), 2)
        << "nothing half made";
    ASSERT_TRUE(last_publication(file));
    EXPECT_TRUE(tells(last_publication(file)->error, "no-such-program-of-ours"))
        << last_publication(file)->error;
    EXPECT_TRUE(
        tells(watched.command({"readiness", {"shop"}, {}}).text, "MISSING  runbook published: ")
    );
}

TEST(Publication, is_read_back_as_it_went) {
    WatchedWorld watched(prepared_shop);
    const auto file = runbook_file(*watched.world, "shop");
    EXPECT_FALSE(last_publication(file));
    std::filesystem::create_directories(file.parent_path());
    const auto after = [&](const std::string& line) {
        std::ofstream(file.parent_path() / "published") << line;
        return last_publication(file);
    };
    EXPECT_EQ(after("2026-11-22T12:00:00Z\n")->error, "");
    EXPECT_EQ(after("2026-11-22T12:00:00Z exit code 1\n")->error, "exit code 1");
    EXPECT_FALSE(after("nonsense\n"));
}

}  // namespace
}  // namespace backupwatch
