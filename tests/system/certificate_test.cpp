// A certificate that will expire is told of by the channel that still works with it, until it is
// renewed.
#include "system/alerts.hpp"

#include <chrono>
#include <fstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

class ExpiringCertificate : public WithAlerts {
  protected:
    static constexpr auto day = 24h;

    ExpiringCertificate() { std::ofstream(ca_file()) << authority_.pem(); }

    std::filesystem::path ca_file() const { return site_.config().parent_path() / "ca.pem"; }

    Identity of_90_days(std::chrono::hours left) const {
        return authority_.issue({.from = left - 90 * day, .until = left});
    }

    /// What the chat was told of itself.
    std::vector<std::string> told() const {
        std::vector<std::string> texts;
        for (const ReceivedRequest& request : secure_chat_.received()) {
            std::string text(boost::json::parse(request.body).at("text").as_string());
            if (text.find("backupwatch/chat delivery") != text.npos) texts.push_back(text);
        }
        return texts;
    }

    CertificateAuthority authority_;
    FakeHttpServer secure_chat_{
        FakeAnswer{200, {{"Content-Type", "text/html"}}, "ok"}, of_90_days(5 * day)};
};

TEST_F(ExpiringCertificate, is_told_in_advance_until_it_is_renewed) {
    const std::string url = "https://127.0.0.1:" + std::to_string(secure_chat_.port()) + "/hook";
    configure(
        TestPostgres::shared().url("shop"),
        {"name: chat, type: slack, webhook_url: \"" + url + "\", ca_file: " + ca_file().string()}
    );
    const std::string expiry =
        "backupwatch_notifier_certificate_expiry_timestamp_seconds{notifier=\"chat\"}";
    const auto in_days = [&](const Daemon& daemon) {
        const double now =
            std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
                .count();
        return (std::stod(daemon.metric(expiry)) - now) / 86'400;
    };
    {
        Daemon daemon(site_);
        EXPECT_EQ(daemon.metric(expiry), "NaN") << "nobody has connected yet";
        EXPECT_TRUE(told().empty());
        const Ran test = site_.run({"notify-test"});
        EXPECT_NE(
            test.out.find("chat: delivered: \"HTTP 200: ok\" (certificate valid until "),
            test.out.npos
        ) << test.out;
        await("the warning", [&] { return told().size() == 1; });
        EXPECT_TRUE(told().front().starts_with("WARNING backupwatch/chat delivery: its server's "))
            << told().front();
        EXPECT_NEAR(in_days(daemon), 5, 0.01);
        EXPECT_EQ(daemon.stop().exit_code, 0);
    }
    Daemon daemon(site_);
    await("what the process before knew", [&] { return daemon.metric(expiry) != "NaN"; });
    EXPECT_NEAR(in_days(daemon), 5, 0.01);
    secure_chat_.renew(of_90_days(25 * day));
    EXPECT_EQ(site_.run({"notify-test"}).exit_code, 0);
    await("its end", [&] { return told().size() == 2; });
    EXPECT_TRUE(told().back().starts_with("RECOVERED backupwatch/chat delivery")) << told().back();
    EXPECT_NEAR(in_days(daemon), 25, 0.01);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

}  // namespace
}  // namespace backupwatch
