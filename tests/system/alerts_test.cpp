// The story of README's first screen, told to real servers by the real program.
#include "system/alerts.hpp"

#include "fakes/test_mail_server.hpp"
#include "support/small_disk.hpp"

#include <chrono>
#include <csignal>

namespace backupwatch {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr Duration within = 5s;
#else
constexpr Duration within = 2s;
#endif

class Alerts : public WithAlerts {
  protected:
    static bool begins(const std::vector<std::string>& texts, const std::string& begin) {
        return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
            return text.starts_with(begin);
        });
    }

    /// The incident of the one database, by what the daemon says.
    Instant opened_at() const {
        const json::value shown = site_.run({"incidents", "--json"}).json();
        const auto& incident = shown.at("incidents").as_array().at(0);
        return parse_rfc3339(std::string(incident.at("since").as_string())).value();
    }

    static Instant civil(std::chrono::steady_clock::time_point at) {
        const auto age = std::chrono::steady_clock::now() - at;
        return std::chrono::floor<Duration>(std::chrono::system_clock::now() - age);
    }
};

TEST_F(Alerts, tell_the_story_of_failed_nights_from_the_first_to_the_end) {
    Daemon daemon(site_);
    await("chat and mail", [&] { return !chat().empty() && !mail_.mails().empty(); });
    EXPECT_TRUE(begins(chat(), "CRITICAL shop/nightly backup: ")) << chat().front();

    // A second, the one that the incident's time leaves out, and what a sanitizer takes.
    const Instant since = opened_at();
    EXPECT_LT(civil(chat_.received().front().at) - since, within);
    EXPECT_LT(civil(mail_.mails().front().at) - since, within);

    await("pages of two more nights", [&] { return pages().size() >= 3; });
    for (const std::string& page : pages()) {
        EXPECT_EQ(page, "trigger backupwatch:shop:nightly:backup");
    }
    const auto received = pager_.received();
    const json::value first = json::parse(received.front().body);
    EXPECT_EQ(first.at("routing_key").as_string(), routing_key);
    const auto& details = first.at("payload").at("custom_details");
    EXPECT_GE(details.at("failures").as_int64(), 2) << "nobody is called for one night";
    EXPECT_EQ(chat().size(), 1U) << "nothing new in the chat";
    EXPECT_EQ(mail_.mails().size(), 1U) << "nor by mail";

    configure(TestPostgres::shared().url("shop"));
    daemon.send(SIGHUP);
    await("the end", [&] {
        const auto events = pages();
        return !events.empty() && events.back() == "resolve backupwatch:shop:nightly:backup" &&
               chat().size() >= 2 && mail_.mails().size() >= 2;
    });
    EXPECT_EQ(chat().size(), 2U) << "the beginning and the end";
    EXPECT_EQ(mail_.mails().size(), 2U);
    EXPECT_NE(mail_.mails().front().content.find("In-Reply-To: "), std::string::npos);
    const Ran incidents = site_.run({"incidents"});
    EXPECT_EQ(incidents.exit_code, 0) << incidents.out;
    const std::string slack = "{notifier=\"slack\"";
    const std::string delivered = slack + ",result=\"delivered\"}";
    EXPECT_EQ(daemon.metric("backupwatch_notifications_total" + delivered), "2");
    EXPECT_EQ(daemon.metric("backupwatch_notifications_pending" + slack + "}"), "0");
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_EQ(daemon.log().find("canary"), std::string::npos) << "a secret is in the log";
}

TEST_F(Alerts, tell_of_one_server_under_several_databases_once) {
    const std::string shared = "backupwatch::127.0.0.1:1:source";
    configure_two(unreachable);
    Daemon daemon(site_);
    await("the word of both", [&] {
        return begins(all_chat(), "CRITICAL backupwatch/127.0.0.1:1 source: makes databases");
    });
    await("a page", [&] { return !pages().empty(); });
    const json::value shown = site_.run({"incidents", "--json"}).json();
    int shared_ones = 0;
    for (const json::value& incident : shown.at("incidents").as_array()) {
        if (incident.at("set").as_string() != "127.0.0.1:1") continue;
        EXPECT_EQ(incident.at("members"), (json::array{"forum", "shop"}));
        ++shared_ones;
    }
    EXPECT_EQ(shared_ones, 1) << shown;

    configure_two(TestPostgres::shared().url("shop"));
    daemon.send(SIGHUP);
    await("the end", [&] {
        return begins(all_chat(), "RECOVERED backupwatch/127.0.0.1:1 source") &&
               pages().back() == "resolve " + shared;
    });
    for (const std::string& page : pages()) {
        EXPECT_TRUE(page.ends_with(shared)) << page << ": one cause calls once";
    }
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Alerts, reach_a_mailbox_behind_a_postfix) {
    const std::string reason = TestMailServer::reason_to_skip();
    if (!reason.empty()) GTEST_SKIP() << reason;
    const TestMailServer postfix;
    const std::string notifier =
        "type: email, server: \"smtp://127.0.0.1:" + std::to_string(postfix.starttls_port()) +
        "\", username: " + TestMailServer::username + ", password: \"" + TestMailServer::password +
        "\", ca_file: " + postfix.ca_file().string() + ", from: backupwatch@example.com, to: [" +
        TestMailServer::mailbox + "]";
    configure(unreachable, {notifier});
    Daemon daemon(site_);
    ASSERT_EQ(postfix.mails(1, 30s).size(), 1U) << daemon.log() << postfix.log();
    configure(TestPostgres::shared().url("shop"), {notifier});
    daemon.send(SIGHUP);
    const auto mails = postfix.mails(2, 30s);
    ASSERT_EQ(mails.size(), 2U) << daemon.log() << postfix.log();
    const auto has = [&](const std::string& words) {
        return std::any_of(mails.begin(), mails.end(), [&](const std::string& mail) {
            return mail.find(words) != std::string::npos;
        });
    };
    EXPECT_TRUE(has("CRITICAL shop/nightly backup: ")) << mails.front();
    EXPECT_TRUE(has("RECOVERED")) << mails.back();
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Alerts, are_told_after_a_kill_what_was_not_told_before) {
    {
        Daemon daemon(site_);
        await("the first word", [&] { return !chat().empty(); });
        daemon.kill();
    }
    Daemon daemon(site_);
    await("a page", [&] { return !pages().empty(); });
    // At most once more for the kill, and then it was the same message.
    EXPECT_LE(chat().size(), 2U);
    EXPECT_EQ(chat().front(), chat().back());
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Alerts, that_are_refused_even_in_bare_words_are_told_by_the_fallback) {
    FakeHttpServer refusing{FakeAnswer{400, {}, "invalid_payload"}};
    const std::string slack =
        "type: slack, fallback: webhook, webhook_url: \"" + refusing.url(webhook_path) + "\"";
    configure(unreachable, {slack, webhook()}, "escalation: [{notify: [slack]}]\n");
    Daemon daemon(site_);
    await("the fallback", [&] { return !hook_.received().empty(); });
    const json::value told = json::parse(hook_.received().front().body);
    EXPECT_EQ(told.at("type").as_string(), "incident.problem");
    EXPECT_GE(refusing.received().size(), 10U) << "as it is made, and in bare words, five times";
    const json::value shown = site_.run({"incidents", "--json"}).json();
    const auto& told_by = shown.at("incidents").as_array().at(0).at("notifiers").as_array().at(0);
    EXPECT_EQ(told_by.at("delivery").as_string(), "queued") << "kept for when it is mended";
    EXPECT_TRUE(told_by.at("told_at").is_null());
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Alerts, are_told_once_though_the_state_has_no_room_for_them) {
    const SmallDisk disk(site_.state());
    if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    configure(TestPostgres::shared().url("shop"));
    Daemon daemon(site_);
    const std::string state =
        "backupwatch_check_status{database=\"backupwatch\",set=\"\",check=\"state\"}";
    await("the first look", [&] { return daemon.metric(state) == "0"; });
    const auto told_of_state = [&](const std::string& begin) {
        return std::ranges::count_if(chat_.received(), [&](const ReceivedRequest& request) {
            const std::string text(json::parse(request.body).at("text").as_string());
            return text.starts_with(begin + " backupwatch state");
        });
    };

    // Whoever asks how it is has it looked at, and a reload has it judged: else both in a minute.
    const auto hurry = [&] {
        site_.run({"status"});
        daemon.send(SIGHUP);
    };

    disk.fill();
    hurry();
    await("that it is full", [&] { return told_of_state("CRITICAL") > 0; });
    disk.make_room();
    hurry();
    await("and is not", [&] { return told_of_state("RECOVERED") > 0; });

    await("it is recorded", [&] {
        const json::value shown = site_.run({"status", "--json"}).json();
        const auto& notifiers = shown.at("notifiers").as_array();
        return std::ranges::all_of(notifiers, [](const json::value& notifier) {
            return notifier.at("pending").as_int64() == 0;
        });
    });
    EXPECT_EQ(daemon.stop().exit_code, 0);
    Daemon next(site_);
    await("the next one looks", [&] { return next.metric(state) == "0"; });
    EXPECT_EQ(told_of_state("CRITICAL"), 1);
    EXPECT_EQ(told_of_state("RECOVERED"), 1);
    EXPECT_EQ(next.stop().exit_code, 0);
}

TEST_F(Alerts, of_a_command_without_a_daemon_wait_for_the_next_one) {
    await("a check that fails", [&] { return site_.run({"check"}).exit_code == 2; });
    EXPECT_TRUE(chat().empty());
    const json::value waiting = site_.run({"status", "--json"}).json();
    const auto& slack = waiting.at("notifiers").as_array().at(0);
    EXPECT_EQ(slack.at("name").as_string(), "slack");
    EXPECT_GE(slack.at("pending").as_int64(), 1);
    Daemon daemon(site_);
    await("the first word", [&] { return !chat().empty(); });
    const Ran acknowledged = site_.run({"acknowledge", "1"});
    EXPECT_EQ(acknowledged.exit_code, 0) << acknowledged.err;
    const Ran silenced = site_.run({"silence", "shop/nightly", "--for", "2h", "--reason", "move"});
    EXPECT_EQ(silenced.exit_code, 0) << silenced.err;
    EXPECT_EQ(site_.run({"silence", "shop", "--for", "2h"}).exit_code, 64) << "without a reason";
    EXPECT_NE(site_.run({"silences"}).out.find("shop/nightly until "), std::string::npos);
    const json::value shown = site_.run({"incidents", "--json"}).json();
    const auto& incident = shown.at("incidents").as_array().at(0);
    EXPECT_EQ(incident.at("check").as_string(), "backup");
    EXPECT_FALSE(incident.at("notifiers").as_array().at(0).at("held_back").is_null());
    EXPECT_EQ(site_.run({"unsilence", "1"}).exit_code, 0);
    EXPECT_EQ(site_.run({"unsilence", "1"}).exit_code, 64);
    EXPECT_EQ(site_.run({"acknowledge", "99"}).exit_code, 64);
    const Ran tested = site_.run({"notify-test"});
    EXPECT_EQ(tested.exit_code, 0) << tested.out;
    EXPECT_NE(tested.out.find("slack: delivered"), std::string::npos) << tested.out;
    EXPECT_EQ(tested.out.find("canary"), std::string::npos) << tested.out;
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

}  // namespace
}  // namespace backupwatch
