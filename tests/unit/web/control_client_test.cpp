#include "web/control_client.hpp"

#include "core/failure.hpp"
#include "running_server.hpp"
#include "support/loop.hpp"
#include "web/routes.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

Task<> carry_out(WebRequest request, BodyWriter& lines) {
    const std::string verb = request.target;
    std::string progress = "{\"phase\":\"dump\"}\n{\"phase\":";
    co_await lines.write(std::move(progress));
    std::string rest = "\"verify\"}\n";
    co_await lines.write(std::move(rest));
    if (verb == "fail") throw Failure(Failure::Kind::internal, "killed in the midst");
    std::string result = "{\"verb\":\"" + verb + "\",\"body\":" + request.body + "}\n";
    co_await lines.write(std::move(result));
}

class ControlClient : public testing::Test {
  protected:
    std::filesystem::path path() const { return folder_.path() / "control.sock"; }

    std::string command(const std::string& verb, const std::string& body) {
        asio::io_context loop(1);
        const auto on_line = [this](const std::string& line) { lines_.push_back(line); };
        return run_on(loop, command_daemon(path(), verb, body, on_line));
    }

    std::optional<Failure> failure_of(const std::string& verb) {
        try {
            command(verb, "{}");
        } catch (const Failure& failure) {
            return failure;
        }
        return std::nullopt;
    }

    HttpHandler handler() { return control_routes({}, {{"drill", "fail", "large"}, &carry_out}); }

    TemporaryFolder folder_;
    std::vector<std::string> lines_;
};

TEST_F(ControlClient, hears_each_line_and_returns_the_last) {
    RunningServer server(handler(), {}, path());

    const std::string result = command("drill", "{\"database\":\"orders\"}");

    EXPECT_EQ(result, R"({"verb":"drill","body":{"database":"orders"}})");
    const std::vector<std::string> expected{R"({"phase":"dump"})", R"({"phase":"verify"})", result};
    EXPECT_EQ(lines_, expected);
}

TEST_F(ControlClient, takes_lines_of_many_megabytes) {
    RunningServer server(handler(), HttpLimits{.body_bytes = 64'000'000}, path());
    const std::string body = "\"" + std::string(20'000'000, 'x') + "\"";

    EXPECT_EQ(command("large", body).size(), body.size() + 24);
}

TEST_F(ControlClient, says_that_the_daemon_ended_in_the_midst_of_it) {
    RunningServer server(handler(), {}, path());

    const auto failure = failure_of("fail");

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::unreachable);
}

TEST_F(ControlClient, says_why_a_command_is_refused) {
    RunningServer server(handler(), {}, path());

    const auto failure = failure_of("dance");

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::rejected);
    EXPECT_STREQ(failure->what(), "the daemon refuses the command: no command \"dance\" is known");
}

TEST_F(ControlClient, says_that_no_daemon_listens) {
    auto failure = failure_of("drill");
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::missing);

    // A socket whose owner is gone.
    {
        RunningServer server(handler(), {}, path());
        std::filesystem::create_hard_link(path(), folder_.path() / "kept");
    }
    std::filesystem::rename(folder_.path() / "kept", path());
    failure = failure_of("drill");
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::missing);
}

TEST_F(ControlClient, gives_up_after_five_seconds_without_an_answer) {
    const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(::listen(listening, 1), 0);
    const auto start = std::chrono::steady_clock::now();

    const auto failure = failure_of("drill");

    ::close(listening);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::timeout);
    const auto taken = std::chrono::steady_clock::now() - start;
    EXPECT_GE(taken, 4900ms);
    EXPECT_LT(taken, 8s);
}

}  // namespace
}  // namespace backupwatch
