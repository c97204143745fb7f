// The story of three failed nights and a good one, killed at a system call and begun again: each
// channel hears exactly that story, and repeats at most what was in doubt at the kill.
#include "fakes/fake_http_server.hpp"
#include "fakes/fake_mail_server.hpp"
#include "support/temporary_folder.hpp"
#include "system/support.hpp"

#include <boost/json/parse.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <set>
#include <sstream>
#include <thread>

namespace backupwatch {
namespace {

namespace json = boost::json;

/// What the state writes by, what it makes durable by, and what the delivery sends by.
const std::string calls = "write,pwrite64,fdatasync,fsync,rename,sendto,sendmsg";

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t sample = 20;  // each a whole program, many times slower
#else
constexpr std::size_t sample = 200;
#endif
constexpr unsigned seed = 20'261'124;
/// Most of a story is waiting for a channel's pace.
constexpr std::size_t at_a_time = 12;

/// The n-th such call of whichever thread comes to it first.
struct Point {
    std::string call;
    int number = 1;
};

std::string name_of(const Point& point) {
    return point.call + " " + std::to_string(point.number);
}

/// The remote ends of one story, and its state.
class Story {
  public:
    Story() {
        std::ostringstream yaml;
        yaml << "notifiers:\n"
             << "  - {type: slack, webhook_url: \"" << chat_.url("/services/T/B/canary") << "\"}\n"
             << "  - {type: pagerduty, routing_key: canary0123456789canary0123456789, url: \""
             << pager_.url("/v2/enqueue") << "\"}\n"
             << "  - {type: webhook, secret: canary-secret-that-signs, url: \""
             << hook_.url("/hook") << "\"}\n"
             << "  - {type: email, server: \"smtp://127.0.0.1:" << mail_.port()
             << "\", tls: none, username: watch, password: canary, from: a@example.com, to: "
                "[b@example.com]}\n";
        write_text(folder_ / "config.yaml", yaml.str());
    }

    /// Its exit code; 128 and the number of the signal that ended it.
    int tell(const std::vector<std::string>& under = {}) const {
        std::vector<std::string> words{"timeout", "--signal=KILL", "60"};
        words.insert(words.end(), under.begin(), under.end());
        words.insert(words.end(), {STORYTELLER, folder_ / "state", folder_ / "config.yaml"});
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        const std::string log = folder_ / "log";
        ::posix_spawn_file_actions_addopen(
            &files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600
        );
        ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
        pid_t pid = -1;
        const int failed =
            ::posix_spawnp(&pid, "timeout", &files, nullptr, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&files);
        if (failed != 0) return -1;
        int status = 0;
        ::waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    int tell_until(const Point& point) const {
        const std::string inject =
            "inject=" + point.call + ":signal=SIGKILL:when=" + std::to_string(point.number);
        return tell({"strace", "-f", "-o", "/dev/null", "-e", "trace=" + point.call, "-e", inject});
    }

    /// Every point of the whole story.
    std::vector<Point> points() const {
        EXPECT_EQ(tell({"strace", "-f", "-o", folder_ / "trace", "-e", "trace=" + calls}), 0)
            << log();
        std::map<std::string, std::map<std::string, int>> counts;
        std::istringstream lines(read_text(folder_ / "trace"));
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string thread;
            std::string call;
            words >> thread >> call;
            const auto bracket = call.find('(');
            if (bracket != std::string::npos) ++counts[call.substr(0, bracket)][thread];
        }
        std::vector<Point> points;
        for (const auto& [call, of_threads] : counts) {
            int most = 0;
            for (const auto& [thread, count] : of_threads) most = std::max(most, count);
            for (int number = 1; number <= most; ++number) points.push_back({call, number});
        }
        return points;
    }

    /// What is wrong with what was heard; empty: exactly the story, at most one repeated each.
    std::string complaint() const {
        std::vector<std::string> chat;
        for (const ReceivedRequest& request : chat_.received()) {
            const std::string text(json::parse(request.body).at("text").as_string());
            chat.push_back(text.substr(0, text.find(' ')));
        }
        std::vector<std::string> pages;
        std::set<std::string> keys;
        for (const ReceivedRequest& request : pager_.received()) {
            const json::value event = json::parse(request.body);
            std::string page(event.at("event_action").as_string());
            if (page == "trigger") {
                const auto& details = event.at("payload").at("custom_details");
                page += " " + std::to_string(details.at("failures").as_int64());
            }
            pages.push_back(page);
            keys.emplace(event.at("dedup_key").as_string());
        }
        std::vector<std::string> hooks;
        for (const ReceivedRequest& request : hook_.received()) {
            hooks.push_back(request.headers.at("webhook-id"));
        }
        std::vector<std::string> mails;
        for (const ReceivedMail& mail : mail_.mails()) {
            const auto at = mail.content.find("Message-ID: ");
            mails.push_back(mail.content.substr(at, mail.content.find("\r\n", at) - at));
        }
        const std::set<std::string> one_key{"backupwatch:shop:nightly:backup"};
        std::string all = complaint_of("chat", chat, 2);
        if (all.empty() && chat.back() != "RECOVERED") all = "chat ends with " + chat.back();
        all += complaint_of("pages", pages, 3) + complaint_of("hook", hooks, 2) +
               complaint_of("mail", mails, 2);
        if (pages.empty() || pages.front() != "trigger 2") all += " pages begin otherwise";
        if (pages.empty() || pages.back() != "resolve") all += " pages end otherwise";
        if (log().find("canary") != std::string::npos) all += " a secret is in the log";
        if (keys != one_key) all += " " + std::to_string(keys.size()) + " keys";
        return all;
    }

    std::string log() const { return read_text(folder_ / "log"); }

  private:
    static MailScript script_of_mail() {
        MailScript script;
        script.password = "canary";
        return script;
    }

    static std::string complaint_of(
        const std::string& channel, std::vector<std::string> heard, std::size_t messages
    ) {
        std::string list;
        for (const std::string& one : heard) list += " [" + one + "]";
        const std::size_t all = heard.size();
        heard.erase(std::unique(heard.begin(), heard.end()), heard.end());
        const std::set<std::string> different(heard.begin(), heard.end());
        const bool is_exact = heard.size() == messages && different.size() == messages;
        if (is_exact && all <= messages + 1) return {};
        return " " + channel + " heard" + list;
    }

    TemporaryFolder folder_;
    FakeHttpServer chat_{FakeAnswer{200, {{"Content-Type", "text/html"}}, "ok"}};
    FakeHttpServer pager_{FakeAnswer{202, {}, R"({"status":"success"})"}};
    FakeHttpServer hook_{FakeAnswer{204, {}, ""}};
    FakeMailServer mail_{script_of_mail()};
};

/// What went wrong, or empty.
std::string kill_at(const Point& point, std::atomic<int>& kills) {
    const Story story;
    const auto began = std::chrono::steady_clock::now();
    const int first = story.tell_until(point);
    // Killed by its time limit it would pass for killed at its point.
    if (std::chrono::steady_clock::now() - began > std::chrono::seconds(50)) {
        return name_of(point) + ": it hung " + story.log();
    }
    // Threads share the work out anew each time: the last calls of one may not come to be.
    if (first != 0 && first != 128 + SIGKILL) {
        return name_of(point) + ": exit code " + std::to_string(first) + " " + story.log();
    }
    if (first != 0) ++kills;
    const int second = story.tell();
    std::string complaint = story.complaint();
    if (second != 0) complaint += " exit code " + std::to_string(second) + " " + story.log();
    return complaint.empty() ? "" : name_of(point) + ":" + complaint;
}

std::vector<Point> chosen(std::vector<Point> points) {
    if (std::getenv("BACKUPWATCH_ALL_POINTS") != nullptr) return points;
    std::shuffle(points.begin(), points.end(), std::mt19937(seed));
    if (points.size() > sample) points.resize(sample);
    return points;
}

class StoryKill : public testing::Test {};

TEST_F(StoryKill, anywhere_leaves_every_channel_told_exactly_the_story) {
    // Under a tracer the leak sanitizer can only complain.
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    const Story whole;
    const std::vector<Point> points = chosen(whole.points());
    ASSERT_EQ(whole.complaint(), "");
    ASSERT_GE(points.size(), std::min<std::size_t>(sample, 100));

    std::atomic<std::size_t> next = 0;
    std::atomic<int> kills = 0;
    std::vector<std::string> complaints(points.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < at_a_time; ++i) {
        threads.emplace_back([&] {
            for (std::size_t at = next++; at < points.size(); at = next++) {
                complaints[at] = kill_at(points[at], kills);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& complaint : complaints) EXPECT_EQ(complaint, "");
    EXPECT_GE(kills, static_cast<int>(points.size() / 2));
}

}  // namespace
}  // namespace backupwatch
