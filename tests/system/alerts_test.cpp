// The story of README's first screen, told to real servers by the real program.
#include "fakes/fake_http_server.hpp"
#include "fakes/fake_mail_server.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sstream>

namespace backupwatch {
namespace {

namespace json = boost::json;

const std::string routing_key = "canary0routingkey0canary0routing";
const std::string webhook_path = "/services/T/B/canary-webhook";
const std::string password = "canary-password";
const std::string unreachable = "postgresql://me:canary-database@127.0.0.1:1/shop";

class Alerts : public testing::Test {
  protected:
    Alerts() : site_(unreachable) {
        TestPostgres::shared().create_database("shop");
        configure(unreachable);
    }
    ~Alerts() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    /// A dump every two seconds.
    std::string begin_of_configuration(const std::string& url) {
        std::ostringstream yaml;
        yaml << "state_dir: " << site_.state().string() << "\n"
             << "control_socket: " << site_.control_socket().string() << "\n"
             << "work_dir: " << site_.work().string() << "\n"
             << "http: {listen: \"127.0.0.1:0\"}\n"
             << "databases:\n"
             << "  - name: shop\n"
             << "    url: \"" << url << "\"\n"
             << "    backups:\n"
             << "      - {name: nightly, source: dump, directory: " << site_.dumps().string()
             << ", take: \"every 2s\", grace: 1s, poll: 1h, keep: 1d, reach_back: 1d}\n";
        return yaml.str();
    }

    /// Everybody is told.
    void configure(const std::string& url) {
        std::ostringstream yaml;
        yaml << begin_of_configuration(url) << "notifiers:\n"
             << "  - {type: slack, webhook_url: \"" << chat_.url(webhook_path) << "\"}\n"
             << "  - {type: pagerduty, routing_key: " << routing_key << ", url: \""
             << pager_.url("/v2/enqueue") << "\"}\n"
             << "  - {type: email, server: \"smtp://127.0.0.1:" << mail_.port()
             << "\", tls: none, username: watch, password: " << password
             << ", from: backupwatch@example.com, to: [devops@example.com]}\n";
        write_text(site_.config(), yaml.str());
    }

    /// `trigger backupwatch:shop:nightly:backup`, in the order in which they came.
    std::vector<std::string> pages() const {
        std::vector<std::string> events;
        for (const ReceivedRequest& request : pager_.received()) {
            const json::value event = json::parse(request.body);
            events.push_back(
                std::string(event.at("event_action").as_string()) + " " +
                std::string(event.at("dedup_key").as_string())
            );
        }
        return events;
    }

    std::vector<std::string> chat() const {
        std::vector<std::string> texts;
        for (const ReceivedRequest& request : chat_.received()) {
            texts.emplace_back(json::parse(request.body).at("text").as_string());
        }
        return texts;
    }

    static bool begins(const std::vector<std::string>& texts, const std::string& begin) {
        return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
            return text.starts_with(begin);
        });
    }

    FakeHttpServer chat_{FakeAnswer{200, {{"Content-Type", "text/html"}}, "ok"}};
    FakeHttpServer pager_{FakeAnswer{202, {}, R"({"status":"success"})"}};
    FakeMailServer mail_{[] {
        MailScript script;
        script.password = password;
        return script;
    }()};
    Site site_;
};

TEST_F(Alerts, tell_the_story_of_failed_nights_from_the_first_to_the_end) {
    Daemon daemon(site_);
    await("chat and mail", [&] { return !chat().empty() && !mail_.mails().empty(); });
    EXPECT_TRUE(pages().empty()) << "nobody is called for one night";
    EXPECT_TRUE(begins(chat(), "CRITICAL shop/nightly backup: ")) << chat().front();

    await("a page", [&] { return !pages().empty(); });
    EXPECT_EQ(pages().front(), "trigger backupwatch:shop:nightly:backup");
    const auto received = pager_.received();
    EXPECT_EQ(json::parse(received.front().body).at("routing_key").as_string(), routing_key);

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
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_EQ(daemon.log().find("canary"), std::string::npos) << "a secret is in the log";
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
    FakeHttpServer hook{FakeAnswer{204, {}, ""}};
    std::ostringstream yaml;
    yaml << begin_of_configuration(unreachable) << "notifiers:\n"
         << "  - {type: slack, fallback: hook, webhook_url: \"" << refusing.url(webhook_path)
         << "\"}\n"
         << "  - {name: hook, type: webhook, url: \"" << hook.url("/hook")
         << "\", secret: canary-secret-of-twenty-four-bytes}\n"
         << "escalation: [{notify: [slack]}]\n";
    write_text(site_.config(), yaml.str());
    Daemon daemon(site_);
    await("the fallback", [&] { return !hook.received().empty(); });
    const json::value told = json::parse(hook.received().front().body);
    EXPECT_EQ(told.at("type").as_string(), "incident.problem");
    EXPECT_EQ(refusing.received().size(), 2U) << "as it is made, and in bare words";
    const json::value shown = site_.run({"incidents", "--json"}).json();
    const auto& slack = shown.at("incidents").as_array().at(0).at("notifiers").as_array().at(0);
    EXPECT_EQ(slack.at("delivery").as_string(), "refused");
    EXPECT_TRUE(slack.at("told_at").is_null());
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Alerts, of_a_command_without_a_daemon_wait_for_the_next_one) {
    const Ran check = site_.run({"check"});
    EXPECT_TRUE(chat().empty());
    Daemon daemon(site_);
    await("the first word", [&] { return !chat().empty(); });
    const Ran acknowledged = site_.run({"acknowledge", "1"});
    EXPECT_EQ(acknowledged.exit_code, 0) << acknowledged.err;
    const Ran silenced = site_.run({"silence", "shop/nightly", "--for", "2h", "--reason", "move"});
    EXPECT_EQ(silenced.exit_code, 0) << silenced.err;
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
