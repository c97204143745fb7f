// What people do about incidents while no daemon runs: each command works on the state alone, says
// what waits for the next daemon, and that one goes on with it.
#include "system/alerts.hpp"

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr const char* later = ", for the next `backupwatch run` to deliver";

class HandlingWithoutADaemon : public WithAlerts {
  protected:
    static bool has(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }

    std::int64_t pending(const std::string& notifier) const {
        const json::value shown = site_.run({"status", "--json"}).json();
        for (const json::value& one : shown.at("notifiers").as_array()) {
            if (one.at("name").as_string() == notifier) return one.at("pending").as_int64();
        }
        return -1;
    }

    json::value incident() const {
        return site_.run({"incidents", "--json"}).json().at("incidents").as_array().at(0);
    }

    int told_by_chat(const std::string& begin) const {
        return static_cast<int>(std::ranges::count_if(
            chat_.received(),
            [&](const ReceivedRequest& request) {
                const std::string text(json::parse(request.body).at("text").as_string());
                return text.starts_with(begin);
            }
        ));
    }
};

TEST_F(HandlingWithoutADaemon, acknowledges_and_the_next_one_tells_the_pager) {
    await("a page that waits", [&] {
        return site_.run({"check"}).exit_code == 2 && pending("pagerduty") > 0;
    });

    const Ran acknowledged = site_.run({"acknowledge", "1"});
    EXPECT_EQ(acknowledged.exit_code, 0) << acknowledged.err;
    EXPECT_TRUE(has(acknowledged.out, "acknowledged: no reminder of incident 1 until "));
    EXPECT_TRUE(has(acknowledged.err, std::string("in the outbox: 1 notice") + later))
        << acknowledged.err;
    EXPECT_FALSE(incident().at("acknowledged_until").is_null());
    EXPECT_TRUE(chat_.received().empty() && pager_.received().empty()) << "nobody delivers yet";

    Daemon daemon(site_);
    await("the pager", [&] { return pages().size() >= 2; });
    EXPECT_EQ(pages()[0], "trigger backupwatch:shop:nightly:backup");
    EXPECT_EQ(pages()[1], "acknowledge backupwatch:shop:nightly:backup");
    await("the chat", [&] { return !chat().empty(); });
    EXPECT_FALSE(incident().at("acknowledged_until").is_null());
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_EQ(chat().size(), 1U);
}

TEST_F(HandlingWithoutADaemon, silences_and_the_next_one_keeps_quiet) {
    const Ran silenced = site_.run({"silence", "shop", "--for", "2h", "--reason", "moving"});
    EXPECT_EQ(silenced.exit_code, 0) << silenced.err;
    EXPECT_FALSE(has(silenced.err, "in the outbox")) << silenced.err;
    await("a check that fails", [&] {
        const Ran check = site_.run({"check"});
        EXPECT_FALSE(has(check.err, "in the outbox")) << check.err;
        return check.exit_code == 2;
    });
    {
        Daemon daemon(site_);
        await("two failures, of which nobody hears", [&] {
            const json::value shown = site_.run({"incidents", "--json"}).json();
            const auto& incidents = shown.at("incidents").as_array();
            return !incidents.empty() && incidents.at(0).at("failures").as_int64() >= 2;
        });
        const json::value slack = incident().at("notifiers").as_array().at(0);
        EXPECT_TRUE(has(std::string(slack.at("held_back").as_string()), "silenced"));
        EXPECT_EQ(daemon.stop().exit_code, 0);
    }
    EXPECT_TRUE(chat().empty());
    EXPECT_TRUE(mail_.mails().empty());
    EXPECT_TRUE(pages().empty());

    const Ran unsilenced = site_.run({"unsilence", "1"});
    EXPECT_EQ(unsilenced.exit_code, 0) << unsilenced.err;
    EXPECT_TRUE(has(unsilenced.err, "in the outbox: 3 notices") && has(unsilenced.err, later))
        << unsilenced.err;
    Daemon daemon(site_);
    await("everybody", [&] {
        return !chat().empty() && !mail_.mails().empty() && !pages().empty();
    });
    EXPECT_EQ(chat().size(), 1U);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(HandlingWithoutADaemon, tests_notifiers_at_once_and_leaves_nothing_to_the_next_one) {
    const Ran tested = site_.run({"notify-test"});
    EXPECT_EQ(tested.exit_code, 0) << tested.out << tested.err;
    EXPECT_FALSE(has(tested.err, "in the outbox")) << tested.err;
    EXPECT_EQ(told_by_chat("TEST of backupwatch"), 1);
    EXPECT_EQ(mail_.mails().size(), 1U);
    EXPECT_TRUE(pages().empty()) << "nobody is called by accident";

    const Ran paged = site_.run({"notify-test", "pagerduty", "--page"});
    EXPECT_EQ(paged.exit_code, 0) << paged.out << paged.err;
    EXPECT_EQ(
        pages(),
        (std::vector<std::string>{"trigger backupwatch:::test", "resolve backupwatch:::test"})
    );
    EXPECT_EQ(pending("slack") + pending("email") + pending("pagerduty"), 0);

    Daemon daemon(site_);
    await("a real failure", [&] { return !chat().empty(); });
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_EQ(told_by_chat("TEST of backupwatch"), 1);
}

}  // namespace
}  // namespace backupwatch
