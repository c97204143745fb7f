#pragma once
#include "fakes/fake_http_server.hpp"
#include "fakes/fake_mail_server.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace backupwatch {

/// A database of which a dump is due every two seconds, unless a test wants more time, and remote
/// ends of every kind to be told. All that is secret has `canary` in it.
class WithAlerts : public testing::Test {
  protected:
    static constexpr const char* routing_key = "canary0routingkey0canary0routing";
    static constexpr const char* webhook_path = "/services/T/B/canary-webhook";
    static constexpr const char* hook_secret = "canary-secret-that-signs";
    static constexpr const char* password = "canary-password";
    static constexpr const char* unreachable =
        "postgresql://me:canary-database@127.0.0.1:1/shop?connect_timeout=1";

    explicit WithAlerts(
        FakeHttpServer::Script chat =
            [](const ReceivedRequest&) {
                return FakeAnswer{200, {{"Content-Type", "text/html"}}, "ok"};
            },
        MailScript mail = script_of_mail()
    )
        : chat_(std::move(chat)), mail_(std::move(mail)), site_(unreachable) {
        TestPostgres::shared().create_database("shop");
        configure(unreachable);
    }
    ~WithAlerts() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    static MailScript script_of_mail() {
        MailScript script;
        script.password = password;
        return script;
    }

    std::string slack() const {
        return "type: slack, webhook_url: \"" + chat_.url(webhook_path) + "\"";
    }
    std::string pagerduty() const {
        return std::string("type: pagerduty, routing_key: ") + routing_key + ", url: \"" +
               pager_.url("/v2/enqueue") + "\"";
    }
    std::string email() const {
        return "type: email, server: \"smtp://127.0.0.1:" + std::to_string(mail_.port()) +
               "\", tls: none, username: watch, password: " + password +
               ", from: backupwatch@example.com, to: [devops@example.com]";
    }
    std::string webhook() const {
        return std::string("type: webhook, secret: ") + hook_secret + ", url: \"" +
               hook_.url("/canary-hook") + "\"";
    }

    void configure(const std::string& url) { configure(url, {slack(), pagerduty(), email()}); }
    void configure(
        const std::string& url,
        const std::vector<std::string>& notifiers,
        const std::string& rest = {}
    ) {
        configure_sets({{"shop", site_.dumps().string()}}, url, notifiers, rest);
    }
    /// The same server under two databases.
    void configure_two(const std::string& url) {
        const std::string dumps = site_.dumps().string();
        configure_sets(
            {{"shop", dumps}, {"forum", dumps + "-of-forum"}},
            url,
            {slack(), pagerduty(), email()},
            "concurrency: {dumps: 2}\n"
        );
    }
    /// Each database with the folder of its dumps.
    void configure_sets(
        const std::vector<std::pair<std::string, std::string>>& databases,
        const std::string& url,
        const std::vector<std::string>& notifiers,
        const std::string& rest
    ) {
        std::ostringstream yaml;
        yaml << "state_dir: " << site_.state().string() << "\n"
             << "control_socket: " << site_.control_socket().string() << "\n"
             << "work_dir: " << site_.work().string() << "\n"
             << "http: {listen: \"127.0.0.1:0\"}\n"
             << "databases:\n";
        for (const auto& [database, directory] : databases) {
            yaml << "  - name: " << database << "\n"
                 << "    url: \"" << url << "\"\n"
                 << "    backups:\n"
                 << "      - {name: nightly, source: dump, directory: " << directory
                 << ", take: \""
                 // A night that fails is told at once; on a busy machine one may take a while.
                 << take_ << "\", grace: 30s, poll: 1h, keep: 1d, reach_back: 1d}\n";
        }
        yaml << "notifiers:\n";
        for (const std::string& notifier : notifiers) yaml << "  - {" << notifier << "}\n";
        yaml << rest;
        write_text(site_.config(), yaml.str());
    }

    /// `trigger backupwatch:shop:nightly:backup`, in the order in which they came.
    std::vector<std::string> pages() const {
        std::vector<std::string> events;
        for (const ReceivedRequest& request : pager_.received()) {
            const boost::json::value event = boost::json::parse(request.body);
            events.push_back(
                std::string(event.at("event_action").as_string()) + " " +
                std::string(event.at("dedup_key").as_string())
            );
        }
        return events;
    }

    std::vector<std::string> all_chat() const {
        std::vector<std::string> texts;
        for (const ReceivedRequest& request : chat_.received()) {
            texts.emplace_back(boost::json::parse(request.body).at("text").as_string());
        }
        return texts;
    }
    /// Of the database; a machine whose disk is full tells of that too.
    std::vector<std::string> chat() const {
        std::vector<std::string> texts = all_chat();
        std::erase_if(texts, [](const std::string& text) {
            return text.find("shop") == text.npos;
        });
        return texts;
    }

    std::string take_ = "every 2s";
    FakeHttpServer chat_;
    FakeHttpServer pager_{FakeAnswer{202, {}, R"({"status":"success"})"}};
    FakeHttpServer hook_{FakeAnswer{204, {}, ""}};
    FakeMailServer mail_;
    Site site_;
};

}  // namespace backupwatch
