// What one channel's faults do to the others, and to what is seen of it.
#include "system/alerts.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// The chat answers as the test says at the time, and repeats what it was sent.
class FaultyChannels : public WithAlerts {
  protected:
    FaultyChannels()
        : WithAlerts([this](const ReceivedRequest& request) { return answer(request); }) {}

    enum class Chat { works, stalls, drips, says_429, is_gone, repeats };
    std::atomic<Chat> is = Chat::works;

    FakeAnswer answer(const ReceivedRequest& request) const {
        FakeAnswer answer{200, {{"Content-Type", "text/html"}}, "ok"};
        switch (is) {
            case Chat::works:
                break;
            case Chat::stalls:
                answer.fault = FakeAnswer::Fault::stall;
                break;
            case Chat::drips:
                answer.between = 1s;
                break;
            case Chat::says_429:
                answer = {429, {{"Retry-After", "600"}}, "rate_limited"};
                break;
            case Chat::is_gone:
                answer = {404, {}, "no_service"};
                break;
            case Chat::repeats:
                answer = {500, {}, request.target + " " + request.body};
                break;
        }
        return answer;
    }

    bool is_resolved() const { return !pages().empty() && pages().back().starts_with("resolve"); }

    void expect_no_delay_while(Chat fault) {
        is = fault;
        Daemon daemon(site_);
        await("mail", [&] { return !mail_.mails().empty() && !chat_.received().empty(); });
        // All that is told in one go leaves together; generous, since this machine is busy. That it
        // is no more than 50 ms a virtual clock shows: Outcomes.of_one_channel_delay_no_other.
        const auto apart = mail_.mails().front().at - chat_.received().front().at;
        EXPECT_LT(std::chrono::abs(apart), 3s);
        await("a page", [&] { return !pages().empty(); });
        configure(TestPostgres::shared().url("shop"));
        daemon.send(SIGHUP);
        await("the end", [&] { return mail_.mails().size() == 2 && is_resolved(); });
        const auto ends_apart = mail_.mails().back().at - pager_.received().back().at;
        EXPECT_LT(std::chrono::abs(ends_apart), 3s) << "what comes during the fault, too";
        EXPECT_EQ(chat_.received().size(), 1U) << "it still waits for the first answer";
        EXPECT_EQ(daemon.stop().exit_code, 0);
    }
};

TEST_F(FaultyChannels, that_stall_delay_no_other) {
    expect_no_delay_while(Chat::stalls);
}

TEST_F(FaultyChannels, that_drip_delay_no_other) {
    expect_no_delay_while(Chat::drips);
}

TEST_F(FaultyChannels, that_ask_for_ten_minutes_delay_no_other) {
    expect_no_delay_while(Chat::says_429);
}

TEST_F(FaultyChannels, that_are_gone_hand_over_to_their_fallback_and_are_told_of) {
    is = Chat::is_gone;
    const std::vector<std::string> notifiers{slack() + ", fallback: webhook", webhook()};
    const std::string steps = "escalation:\n  - notify: [slack]\n";
    configure(unreachable, notifiers, steps);
    Daemon daemon(site_);
    const auto was_told = [&](const std::string& words) {
        const auto received = hook_.received();
        return std::any_of(received.begin(), received.end(), [&](const ReceivedRequest& request) {
            return request.body.find(words) != std::string::npos;
        });
    };
    await("the fallback hears of the backup", [&] { return was_told("shop:nightly:backup"); });
    await("and of the channel", [&] { return was_told("backupwatch::slack:delivery"); });

    const std::size_t before = chat_.received().size();
    is = Chat::works;
    daemon.send(SIGHUP);
    await("what was kept comes", [&] { return chat_.received().size() > before; });
    EXPECT_TRUE(chat().back().starts_with("CRITICAL shop/nightly backup: ")) << chat().back();
    await("and the end of the fault", [&] { return was_told("incident.recovery"); });
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

/// Command lines of every process, as `ps` shows them.
class ProcessList {
  public:
    ProcessList() : thread_([this] { look(); }) {}
    ~ProcessList() { end(); }

    /// Those that had a secret.
    std::string end() {
        ends_ = true;
        if (thread_.joinable()) thread_.join();
        return found_;
    }
    int looks() const { return looks_; }

  private:
    void look() {
        namespace fs = std::filesystem;
        while (!ends_) {
            std::error_code changing;
            for (const auto& process : fs::directory_iterator("/proc", changing)) {
                std::ifstream file(process.path() / "cmdline");
                std::string line;
                while (std::getline(file, line, '\0')) {
                    if (line.find("canary") != std::string::npos) found_ += line + "\n";
                }
            }
            ++looks_;
            std::this_thread::sleep_for(20ms);
        }
    }

    std::atomic<bool> ends_ = false;
    std::atomic<int> looks_ = 0;
    std::string found_;
    std::thread thread_;
};

TEST_F(FaultyChannels, and_all_else_show_no_secret_anywhere) {
    is = Chat::repeats;
    const FakeHttpServer repeating_pager([](const ReceivedRequest& request) {
        return FakeAnswer{400, {}, "Invalid Routing Key: " + request.body};
    });
    MailScript script = script_of_mail();
    script.instead["AUTH"] = std::string("535 5.7.8 ") + password + " is not the password";
    const FakeMailServer repeating_mail(script);
    const std::string pager = std::string("type: pagerduty, routing_key: ") + routing_key +
                              ", url: \"" + repeating_pager.url("/v2/enqueue") + "\"";
    const std::string mail =
        "type: email, server: \"smtp://127.0.0.1:" + std::to_string(repeating_mail.port()) +
        "\", tls: none, username: watch, password: " + password +
        ", from: backupwatch@example.com, to: [devops@example.com]";
    configure(unreachable, {slack(), pager, mail, webhook()});

    ProcessList processes;
    Daemon daemon(site_);
    await("everybody was tried", [&] {
        return !chat_.received().empty() && !repeating_pager.received().empty() &&
               !hook_.received().empty() && !repeating_mail.lines().empty();
    });
    std::map<std::string, std::string> seen;
    for (const char* target :
         {"/metrics", "/readyz", "/api/v1/status", "/api/v1/incidents", "/api/v1/databases/shop"}) {
        seen[target] = daemon.get(target).body;
    }
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"status"},
             {"status", "--json"},
             {"incidents"},
             {"incidents", "--json"},
             {"check"},
             {"backup", "shop"},
             {"notify-test"},
             {"check-config"},
             {"check-config", "--online"},
         }) {
        const Ran ran = site_.run(command);
        seen[command.front() + " " + command.back()] = ran.out + ran.err;
    }
    daemon.send(SIGHUP);
    EXPECT_EQ(daemon.stop().exit_code, 0);
    seen["log"] = daemon.log();
    seen["ps"] = processes.end();
    for (const auto& [where, text] : seen) {
        EXPECT_EQ(text.find("canary"), std::string::npos) << where << ": " << text;
    }
    EXPECT_NE(seen["log"].find("***"), std::string::npos) << "nobody repeated a secret";
    EXPECT_NE(seen["notify-test notify-test"].find("***"), std::string::npos);
    EXPECT_GT(processes.looks(), 10);
}

}  // namespace
}  // namespace backupwatch
