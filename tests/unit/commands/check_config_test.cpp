#include "commands/check_config.hpp"

#include "core/time/slots.hpp"
#include "unit/config/config_folder.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace backupwatch {
namespace {

const Instant now = *parse_rfc3339("2026-11-22T12:00:00Z");

const std::string nightly_set = R"(
databases:
  - name: shop
    url: host=db
    backups:
      - {source: dump, name: nightly, directory: /srv/shop, take: "03:00", drill: {}}
      - {source: dump, directory: /srv/copies, drill: {when: Sun 04:00}}
  - name: billing
)";

TEST(CheckConfig, prints_the_next_three_slots_of_each_schedule_and_what_is_missing) {
    ConfigFolder folder;
    const CheckConfigReply reply = check_config(folder.write(nightly_set), now);

    EXPECT_EQ(reply.exit_code, 0);
    EXPECT_EQ(reply.errors, "");
    EXPECT_EQ(reply.output, folder.path().string() + R"(: valid, 2 databases, 2 backup sets

shop/nightly  take   03:00         2026-11-23T03:00:00Z  2026-11-24T03:00:00Z  2026-11-25T03:00:00Z
shop/nightly  drill  after_backup
shop/dump     check  03:00         2026-11-23T03:00:00Z  2026-11-24T03:00:00Z  2026-11-25T03:00:00Z
shop/dump     drill  Sun 04:00     2026-11-29T04:00:00Z  2026-12-06T04:00:00Z  2026-12-13T04:00:00Z

advice:
  no notifiers: nobody is told; have Prometheus alert on backupwatch_check_status
  no heartbeat: nobody notices when backupwatch itself is gone
  shop: no disk: nobody sees it fill up
  billing: no backups: nothing looks for any
  billing: no disk: nobody sees it fill up
)");
}

TEST(CheckConfig, says_who_is_not_told_and_who_would_not_notice) {
    ConfigFolder folder;
    const std::string hook =
        "{type: webhook, url: 'https://h/x', secret: "
        "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=}";
    const std::string pager = "{type: pagerduty, routing_key: 0123456789abcdef0123456789abcdef}";
    const std::string rest = "\ndatabases: [{name: a, disk: {source: filesystem, path: /}}]\n";
    const std::string no_backups = "a: no backups: nothing looks for any";

    const auto bare = report_config(folder.settings_of("notifiers: [" + hook + "]" + rest), now);
    EXPECT_EQ(
        bare.advice,
        (std::vector<std::string>{
            "no PagerDuty: nobody is called at night",
            "no heartbeat: nobody notices when backupwatch itself is gone",
            "no digest: silence is not told from health",
            no_backups})
    );

    const auto whole = report_config(
        folder.settings_of(
            "digest: '07:00'\nheartbeat: {url: 'https://hc-ping.com/x'}\nnotifiers: [" + hook +
            ", " + pager + "]" + rest
        ),
        now
    );
    EXPECT_EQ(whole.advice, std::vector<std::string>{no_backups});
    ASSERT_EQ(whole.plans.size(), 1u);
    EXPECT_EQ(whole.plans[0].database + " " + whole.plans[0].kind, "backupwatch digest");
    EXPECT_EQ(to_rfc3339(whole.plans[0].next[0]), "2026-11-23T07:00:00Z");
}

/// Each row: what stands in the configuration, and what is said of it besides what is always said.
TEST(CheckConfig, says_of_an_escalation_whom_it_leaves_out) {
    const std::string hook =
        "{type: webhook, url: 'https://h/x', secret: "
        "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=}";
    const std::string slack = "{type: slack, webhook_url: 'https://h/y'}";
    const std::string with_fallback =
        "{type: slack, webhook_url: 'https://h/y', fallback: webhook}";
    const std::string pager = "{type: pagerduty, routing_key: 0123456789abcdef0123456789abcdef}";
    struct Row {
        std::string notifiers;
        std::string rest;
        std::vector<std::string> advice;
    };
    const std::string digest = "digest: '07:00'\n";
    const std::vector<Row> rows{
        {pager,
         "",
         {"nobody but PagerDuty: a first failure is told to nobody, nor is a check that calls "
          "nobody; add a notifier, or an escalation"}},
        {pager, "escalation: [{notify: [pagerduty]}]\n", {}},
        {hook + ", " + pager,
         digest + "escalation: [{notify: [webhook]}]\n",
         {"escalation: no step names a pager: nobody is called at night"}},
        {slack + ", " + pager,
         "escalation: [{notify: [slack]}, {notify: [pagerduty], checks: [disk, size], "
         "consecutive_failures: 2}]\n",
         {"escalation: consecutive_failures: 2 never comes true for disk and size, which count "
          "none; give a duration instead"}},
        {slack + ", " + pager,
         "escalation: [{notify: [slack]}, {notify: [pagerduty], checks: [disk, backup], "
         "consecutive_failures: 2}]\n",
         {}},
        {hook + ", " + slack + ", " + pager,
         digest + "escalation: [{notify: [slack, pagerduty]}]\n",
         {"webhook: no step of the escalation names it: it is told of no failure"}},
        {hook + ", " + slack + ", " + pager,
         digest + "digest_notify: [slack]\nescalation: [{notify: [slack, pagerduty]}]\n",
         {"webhook: no step of the escalation names it: it is told nothing"}},
        {hook + ", " + with_fallback + ", " + pager,
         digest + "escalation: [{notify: [slack, pagerduty]}]\n",
         {}},
    };
    for (const Row& row : rows) {
        ConfigFolder folder;
        const auto report = report_config(
            folder.settings_of(
                row.rest + "heartbeat: {url: 'https://hc-ping.com/x'}\nnotifiers: [" +
                row.notifiers + "]\ndatabases: [{name: a, disk: {source: filesystem, path: /}}]\n"
            ),
            now
        );
        std::vector<std::string> advice = report.advice;
        std::erase(advice, "a: no backups: nothing looks for any");
        std::erase(advice, "no digest: silence is not told from health");
        EXPECT_EQ(advice, row.advice) << row.notifiers << row.rest;
    }
}

TEST(CheckConfig, refuses_a_step_that_tells_nobody) {
    ConfigFolder folder;
    const CheckConfigReply reply = check_config(
        folder.write("escalation: [{notify: []}]\n"
                     "databases: [{name: a, disk: {source: filesystem, path: /}}]\n"),
        now
    );

    EXPECT_EQ(reply.exit_code, 78);
    EXPECT_NE(reply.errors.find("a step that tells nobody"), std::string::npos) << reply.errors;
}

TEST(CheckConfig, prints_when_the_work_of_a_slot_begins) {
    ConfigFolder folder;
    const auto spread = R"(
spread: 2h
databases: [{name: shop, backups: [{source: dump, name: nightly, directory: /srv/shop}]}]
)";
    const Duration offset = spread_offset("shop", std::chrono::hours(2));
    const Instant night = *parse_rfc3339("2026-11-22T03:00:00Z");
    const Duration day = std::chrono::hours(24);

    const auto plans = report_config(folder.settings_of(spread), night + offset / 2).plans;

    ASSERT_EQ(plans.size(), 1u);
    const std::vector<Instant> begins{
        night + offset, night + day + offset, night + 2 * day + offset};
    EXPECT_EQ(plans[0].next, begins);
}

TEST(CheckConfig, says_the_same_to_programs) {
    ConfigFolder folder;
    const CheckConfigReply reply = check_config(
        folder.write("http: {listen: 0.0.0.0:80}\n"
                     "databases: [{name: a, backups: [{source: dump, directory: /srv/a}]}]\n"),
        now
    );

    EXPECT_EQ(
        boost::json::serialize(reply.json),
        R"({"valid":true,"schedules":[{"database":"a","set":"dump","kind":"check","schedule":"03:00",)"
        R"("next":["2026-11-23T03:00:00Z","2026-11-24T03:00:00Z","2026-11-25T03:00:00Z"]}],"advice":[)"
        R"("no notifiers: nobody is told; have Prometheus alert on backupwatch_check_status",)"
        R"("no heartbeat: nobody notices when backupwatch itself is gone",)"
        R"("http.listen: 0.0.0.0 is reached from the network, and nobody is asked who they are",)"
        R"("a: no drill: nothing proves that a backup restores",)"
        R"("a: no disk: nobody sees it fill up"],"errors":[]})"
    );
}

TEST(CheckConfig, exits_78_with_every_error) {
    ConfigFolder folder;
    const std::string file = folder.write("stat_dir: /x\ndatabases: []\n").string();
    const CheckConfigReply reply = check_config(file, now);

    EXPECT_EQ(reply.exit_code, 78);
    EXPECT_EQ(reply.output, "");
    EXPECT_EQ(
        reply.errors,
        file + ":1:1: unknown key \"stat_dir\": did you mean \"state_dir\"?\n" + file +
            ":2:12: no database: list at least one in databases\n"
    );
    EXPECT_EQ(
        boost::json::serialize(reply.json),
        R"({"valid":false,"schedules":[],"advice":[],"errors":[{"file":")" + file +
            R"(","line":1,"column":1,"message":"unknown key \"stat_dir\": did you mean \"state_dir\"?"},)"
            R"({"file":")" +
            file +
            R"(","line":2,"column":12,"message":"no database: list at least one in databases"}]})"
    );
}

TEST(CheckConfig, touches_no_data_folder) {
    ConfigFolder folder;
    const CheckConfigReply reply = check_config(
        folder.write("state_dir: state\nwork_dir: work\n"
                     "databases: [{name: a, backups: [{source: dump, directory: dumps}]}]\n"),
        now
    );

    EXPECT_EQ(reply.exit_code, 0);
    EXPECT_FALSE(std::filesystem::exists(folder.path("state")));
    EXPECT_FALSE(std::filesystem::exists(folder.path("work")));
    EXPECT_FALSE(std::filesystem::exists(folder.path("dumps")));
}

}  // namespace
}  // namespace backupwatch
