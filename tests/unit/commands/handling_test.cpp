#include "json/text.hpp"
#include "unit/commands/watched_world.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const std::string handled_set = R"(
state_dir: $/state
databases:
  - name: shop
    backups: [{source: dump, name: nightly, directory: $/shop}]
)";

bool shows(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Of the set that is watched.
Incident incident_of(int failures) {
    Incident incident;
    incident.id = 7;
    incident.key = {"shop", "nightly", "backup"};
    incident.opened_at = *parse_rfc3339("2026-11-22T03:00:00Z");
    incident.finding.database = "shop";
    incident.finding.set = "nightly";
    incident.finding.check = "backup";
    incident.finding.severity = Severity::critical;
    incident.finding.summary = "there is none";
    incident.finding.failures = failures;
    return incident;
}

Request silence_for(const std::string& reason) {
    return {"silence", {"shop/nightly"}, {{"for", "2h"}, {"reason", reason}}};
}

TEST(Handling, of_a_number_that_is_none_names_the_command_that_lists_them) {
    WatchedWorld watched(handled_set);
    for (const char* text : {"x", "0", "-1", "1x", ""}) {
        const Reply acknowledged = watched.command({"acknowledge", {text}, {}});
        EXPECT_EQ(acknowledged.exit_code, 64);
        EXPECT_TRUE(shows(acknowledged.text, "hint: `backupwatch incidents` lists them."))
            << acknowledged.text;
        const Reply unsilenced = watched.command({"unsilence", {text}, {}});
        EXPECT_EQ(unsilenced.exit_code, 64);
        EXPECT_TRUE(shows(unsilenced.text, "hint: `backupwatch silences` lists them."))
            << unsilenced.text;
    }
}

TEST(Silencing, needs_a_reason) {
    WatchedWorld watched(handled_set);
    for (const char* reason : {"", "  ", "\n\t"}) {
        const Reply reply = watched.command(silence_for(reason));
        EXPECT_EQ(reply.exit_code, 64);
        EXPECT_TRUE(shows(reply.text, "--reason")) << reply.text;
    }
    EXPECT_EQ(watched.command({"silences", {}, {}}).text, "nothing is silenced\n");
}

TEST(Silencing, keeps_a_reason_on_one_line_and_bounded) {
    WatchedWorld watched(handled_set);
    const Reply reply =
        watched.command(silence_for("moved\r\n\x1B[31m house " + std::string(100'000, 'x')));

    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    const Reply shown = watched.command({"silences", {}, {}});
    const auto& reason = shown.document.at("silences").at(0).at("reason").as_string();
    EXPECT_TRUE(reason.starts_with("moved [31m house xxx")) << reason;
    EXPECT_LE(reason.size(), 510u);
}

TEST(Silencing, says_that_it_is_not_kept_where_the_state_is_in_memory) {
    WatchedWorld watched(handled_set);
    EXPECT_TRUE(watched.command({"silences", {}, {}}).document.at("state_error").is_null());
    const Reply kept = watched.command(silence_for("move"));
    EXPECT_FALSE(shows(kept.text, "this ends with the daemon")) << kept.text;
    watched.world->state_alarm = "database or disk is full";

    const Reply silenced = watched.command(silence_for("move"));
    const Reply shown = watched.command({"silences", {}, {}});

    EXPECT_EQ(silenced.exit_code, 0);
    EXPECT_TRUE(shows(
        silenced.text,
        "this ends with the daemon: its state is in memory (database or disk is full)\n"
    )) << silenced.text;
    EXPECT_EQ(silenced.document.at("state_error").as_string(), "database or disk is full");
    EXPECT_EQ(shown.exit_code, 3);
    EXPECT_TRUE(
        shown.text.ends_with("what else was silenced cannot be told: database or disk is full\n")
    ) << shown.text;
    EXPECT_EQ(shown.document.at("state_error").as_string(), "database or disk is full");
}

TEST(Accepting, what_nobody_knows_is_refused_where_the_state_is_in_memory) {
    WatchedWorld watched(handled_set);
    std::filesystem::create_directory(watched.folder() / "shop");
    watched.world->state_alarm = "database or disk is full";

    const Reply reply = watched.command({"accept", {"shop/nightly"}, {}});

    EXPECT_NE(reply.exit_code, 0);
    EXPECT_TRUE(shows(reply.text, "cannot see what shop/nightly holds")) << reply.text;
    EXPECT_TRUE(shows(reply.text, "database or disk is full")) << reply.text;
}

TEST(Incidents, that_may_not_be_all_are_not_fine) {
    WatchedWorld watched(handled_set);
    EXPECT_EQ(watched.command({"incidents", {}, {}}).text, "no incident is open\n");
    watched.world->state_alarm = "database or disk is full";

    const Reply reply = watched.command({"incidents", {}, {}});

    EXPECT_EQ(reply.exit_code, 3);
    EXPECT_EQ(reply.text, "what else is open cannot be told: database or disk is full\n");
    EXPECT_EQ(reply.document.at("state_error").as_string(), "database or disk is full");
}

TEST(Incidents, are_acknowledged_no_longer_than_that_lasts) {
    WatchedWorld watched(handled_set);
    Incident incident = incident_of(2);
    incident.acknowledged_until = watched.world->clock.now() + 1h;
    watched.world->alerting.recall({incident});

    const Reply before = watched.command({"incidents", {}, {}});
    EXPECT_TRUE(shows(before.text, ", acknowledged until 2026-11-22T13:00Z\n")) << before.text;
    EXPECT_FALSE(before.document.at("incidents").at(0).at("acknowledged_until").is_null());
    watched.pass(1h);
    const Reply after = watched.command({"incidents", {}, {}});
    EXPECT_FALSE(shows(after.text, "acknowledged")) << after.text;
    EXPECT_TRUE(after.document.at("incidents").at(0).at("acknowledged_until").is_null());
}

TEST(Incidents, count_no_failures_where_there_are_none_to_count) {
    WatchedWorld watched(handled_set);
    watched.world->alerting.recall({incident_of(2)});
    EXPECT_TRUE(shows(watched.command({"incidents", {}, {}}).text, ", 2 failures in a row\n"));
    watched.world->alerting.recall({incident_of(0)});
    EXPECT_FALSE(shows(watched.command({"incidents", {}, {}}).text, "failure"));
}

TEST(StatusOfAlerts, shows_what_is_open_and_what_was_not_delivered) {
    WatchedWorld watched(handled_set);
    Incident incident = incident_of(2);
    incident.acknowledged_until = watched.world->clock.now() + 1h;
    Silence silence;
    silence.database = "shop";
    silence.until = watched.world->clock.now() + 2h;
    watched.world->alerting.recall({incident});
    watched.world->alerting.silences = {silence};
    watched.world->alerting.health = [] {
        NotifierHealth works;
        works.name = "hook";
        NotifierHealth waits;
        waits.name = "slack";
        waits.pending = 3;
        waits.oldest = *parse_rfc3339("2026-11-22T03:00:00Z");
        waits.error = "HTTP 503\nagain";
        return std::vector<NotifierHealth>{works, waits};
    };

    const Reply reply = watched.command({"status", {}, {}});

    EXPECT_EQ(
        json_text(reply.document.at("incidents")),
        R"([{"id":7,"key":"backupwatch:shop:nightly:backup","severity":"critical",)"
        R"("acknowledged":true,"silenced":true}])"
    );
    EXPECT_EQ(
        json_text(reply.document.at("notifiers")),
        R"([{"name":"hook","pending":0,"oldest":null,"certificate_expires_at":null,"error":null},)"
        R"({"name":"slack","pending":3,"oldest":"2026-11-22T03:00:00Z",)"
        R"("certificate_expires_at":null,"error":"HTTP 503\nagain"}])"
    );
    EXPECT_TRUE(shows(
        reply.text,
        "\nopen incidents\n  7  critical  shop/nightly  backup, acknowledged, silenced\n"
        "\nnotifiers\n  slack: 3 notices not delivered yet, the oldest of 2026-11-22T03:00Z: "
        "\"HTTP 503\\nagain\"\n"
    )) << reply.text;
}

TEST(StatusOfAlerts, says_nothing_of_alerts_where_there_is_nothing_to_say) {
    WatchedWorld watched(handled_set);
    const Reply reply = watched.command({"status", {}, {}});

    EXPECT_EQ(json_text(reply.document.at("notifiers")), "[]");
    EXPECT_FALSE(shows(reply.text, "notifiers")) << reply.text;
}

}  // namespace
}  // namespace backupwatch
