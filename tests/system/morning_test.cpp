// What the real program says every morning, and to who would miss it.
#include "fakes/fake_http_server.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace backupwatch {
namespace {

namespace json = boost::json;

class Morning : public testing::Test {
  protected:
    Morning() : site_(TestPostgres::shared().url("shop")) {
        TestPostgres::shared().create_database("shop");
    }
    ~Morning() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    std::string alerts(const std::string& digest) const {
        return "notifiers:\n"
               "  - {type: slack, webhook_url: \"" +
               chat_.url("/services/T/B/canary-webhook") +
               "\"}\n"
               "heartbeat: {url: \"" +
               heart_.url("/canary-uuid") + "\"}\n" + digest;
    }
    std::vector<std::string> digests() const {
        std::vector<std::string> texts;
        for (const ReceivedRequest& request : chat_.received()) {
            const json::value message = json::parse(request.body);
            const std::string text(message.at("text").as_string());
            if (text.starts_with("backupwatch, proven last night: ")) texts.push_back(request.body);
        }
        return texts;
    }
    bool has_heard(const std::string& first_line) const {
        const auto received = heart_.received();
        return std::any_of(received.begin(), received.end(), [&](const ReceivedRequest& request) {
            return request.method + " " + request.target == first_line;
        });
    }

    FakeHttpServer chat_{FakeAnswer{200, {{"Content-Type", "text/html"}}, "ok"}};
    FakeHttpServer heart_{FakeAnswer{200, {}, "OK"}};
    Site site_;
};

TEST_F(Morning, is_told_what_was_proven_before_a_kill_and_after) {
    site_.configure("", alerts("digest: every 2s\n"));
    const std::string backup = site_.take_backup();
    {
        Daemon daemon(site_);
        await("a digest", [&] { return !digests().empty(); });
        daemon.kill();
    }
    const std::string first = digests().front();
    EXPECT_NE(first.find("newest backup " + backup), std::string::npos) << first;
    EXPECT_NE(first.find("NOT PROVEN shop/nightly"), std::string::npos) << first;
    const std::size_t before = digests().size();
    Daemon daemon(site_);
    await("two more", [&] { return digests().size() >= before + 2; });
    EXPECT_EQ(daemon.metric("backupwatch_self_audit_passed"), "1");
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_EQ(daemon.log().find("canary"), std::string::npos) << "a secret is in the log";
}

TEST_F(Morning, our_heart_is_heard_and_so_is_why_it_fails) {
    site_.configure("", alerts(""));
    Daemon daemon(site_);
    await("a heartbeat", [&] { return has_heard("GET /canary-uuid"); });
    await("the metric of it", [&] {
        const std::string at =
            daemon.metric("backupwatch_heartbeat_last_success_timestamp_seconds");
        return !at.empty() && at != "0";
    });
    EXPECT_FALSE(has_heard("POST /canary-uuid/fail"));

    std::filesystem::remove(site_.state() / "state.db");
    // A reload beats at once, instead of in minutes.
    daemon.send(SIGHUP);
    await("why it fails", [&] { return has_heard("POST /canary-uuid/fail"); });
    const auto received = heart_.received();
    EXPECT_NE(received.back().body.find("the state cannot be written"), std::string::npos)
        << received.back().body;
    EXPECT_EQ(daemon.metric("backupwatch_self_audit_passed"), "0");
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_EQ(daemon.log().find("canary"), std::string::npos) << "a secret is in the log";
}

}  // namespace
}  // namespace backupwatch
