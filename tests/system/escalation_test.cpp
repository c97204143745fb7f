// SIGHUP between the first failure and the second: what was told stays told, and who is called at
// the second is called.
#include "system/alerts.hpp"

#include <csignal>

namespace backupwatch {
namespace {

namespace json = boost::json;

class Escalation : public WithAlerts {
  protected:
    /// Long enough for a reload between two failures.
    Escalation() {
        take_ = "every 10s";
        configure(unreachable);
    }

    json::value incident() const {
        return site_.run({"incidents", "--json"}).json().at("incidents").as_array().at(0);
    }

    void await_the_first_word() const {
        await("chat and mail", [&] { return !chat().empty() && !mail_.mails().empty(); });
        ASSERT_EQ(pages().size(), 0U) << "nobody is called for one failure";
    }

    /// The second failure calls somebody, and nobody else hears of it.
    void expect_a_page_and_no_repetition() {
        await("a page", [&] { return !pages().empty(); });
        EXPECT_EQ(pages().front(), "trigger backupwatch:shop:nightly:backup");
        EXPECT_EQ(pages().size(), 1U);
        const json::value page = json::parse(pager_.received().front().body);
        EXPECT_EQ(page.at("payload").at("custom_details").at("failures").as_int64(), 2);
        EXPECT_EQ(chat().size(), 1U) << chat().back();
        EXPECT_EQ(mail_.mails().size(), 1U);
    }

    /// And then all who were told of it are told of its end, once.
    void expect_the_end(Daemon& daemon, const std::vector<std::string>& notifiers) {
        configure(TestPostgres::shared().url("shop"), notifiers);
        daemon.send(SIGHUP);
        await("the end", [&] {
            return pages().back().starts_with("resolve") && chat().size() >= 2 &&
                   mail_.mails().size() >= 2;
        });
        EXPECT_EQ(chat().size(), 2U);
        EXPECT_EQ(mail_.mails().size(), 2U);
        EXPECT_EQ(pages().back(), "resolve backupwatch:shop:nightly:backup");
        EXPECT_EQ(daemon.stop().exit_code, 0);
    }
};

TEST_F(Escalation, goes_on_where_a_reload_is_refused) {
    Daemon daemon(site_);
    await_the_first_word();
    const json::value before = incident();

    configure(TestPostgres::shared().url("shop"), {slack()}, "remindres: [1d]\n");
    daemon.send(SIGHUP);
    await("the refusal", [&] {
        return daemon.metric("backupwatch_config_last_reload_successful") == "0";
    });
    EXPECT_NE(daemon.log().find("remindres"), std::string::npos) << daemon.log();
    ASSERT_TRUE(pages().empty()) << "too late to show anything";

    expect_a_page_and_no_repetition();
    EXPECT_EQ(incident().at("id"), before.at("id"));
    EXPECT_EQ(incident().at("since"), before.at("since"));
    expect_the_end(daemon, {slack(), pagerduty(), email()});
}

TEST_F(Escalation, goes_on_over_a_reload_that_renames_who_was_told) {
    Daemon daemon(site_);
    await_the_first_word();
    const json::value before = incident();

    const std::vector<std::string> renamed{
        "name: chat, " + slack(), "name: duty, " + pagerduty(), "name: post, " + email()};
    configure(unreachable, renamed);
    daemon.send(SIGHUP);
    await("the reload", [&] {
        return daemon.log().find("configuration reloaded") != std::string::npos;
    });
    ASSERT_TRUE(pages().empty()) << "too late to show anything";

    expect_a_page_and_no_repetition();
    EXPECT_EQ(incident().at("id"), before.at("id"));
    EXPECT_EQ(incident().at("since"), before.at("since"));
    expect_the_end(daemon, renamed);
}

}  // namespace
}  // namespace backupwatch
