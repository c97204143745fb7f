// What systemd hears of us, at a socket as it makes one.
#include "process/supervisor.hpp"

#include "support/notify_socket.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <map>

namespace backupwatch {
namespace {

using Variables = std::map<std::string, std::string>;

Supervisor supervisor_of(const Variables& variables) {
    return Supervisor(
        [&](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
        },
        42
    );
}

TEST(Supervisor, hears_at_a_path) {
    const TemporaryFolder folder;
    const NotifySocket socket((folder / "notify").string());

    supervisor_of({{"NOTIFY_SOCKET", (folder / "notify").string()}}).say("READY=1\nSTATUS=fine");

    EXPECT_EQ(socket.heard(), std::vector<std::string>{"READY=1\nSTATUS=fine"});
}

TEST(Supervisor, hears_at_a_name_in_no_folder) {
    const TemporaryFolder folder;
    const std::string name = "@" + folder.path().filename().string();
    const NotifySocket socket(name);

    supervisor_of({{"NOTIFY_SOCKET", name}}).say("STOPPING=1");

    EXPECT_EQ(socket.heard(), std::vector<std::string>{"STOPPING=1"});
}

TEST(Supervisor, that_is_gone_or_was_never_there_is_not_missed) {
    const TemporaryFolder folder;
    supervisor_of({}).say("READY=1");
    supervisor_of({{"NOTIFY_SOCKET", (folder / "gone").string()}}).say("READY=1");
    supervisor_of({{"NOTIFY_SOCKET", std::string(500, '/')}}).say("READY=1");
    supervisor_of({{"NOTIFY_SOCKET", "vsock:2:1"}}).say("READY=1");
}

struct WatchdogCase {
    const char* name;
    Variables variables;
    std::optional<Duration> watchdog;
};

class Watchdog : public testing::TestWithParam<WatchdogCase> {};

TEST_P(Watchdog, is_as_the_environment_says) {
    EXPECT_EQ(supervisor_of(GetParam().variables).watchdog(), GetParam().watchdog);
}

const std::pair<const std::string, std::string> anywhere{"NOTIFY_SOCKET", "/run/systemd/notify"};

INSTANTIATE_TEST_SUITE_P(
    Of,
    Watchdog,
    testing::Values(
        WatchdogCase{"none", {anywhere}, std::nullopt},
        WatchdogCase{"ours", {anywhere, {"WATCHDOG_USEC", "180000000"}}, std::chrono::minutes(3)},
        WatchdogCase{
            "ours_by_number",
            {anywhere, {"WATCHDOG_USEC", "2000000"}, {"WATCHDOG_PID", "42"}},
            std::chrono::seconds(2)},
        WatchdogCase{
            "that_of_our_parent",
            {anywhere, {"WATCHDOG_USEC", "2000000"}, {"WATCHDOG_PID", "41"}},
            std::nullopt},
        WatchdogCase{"nobody_to_tell", {{"WATCHDOG_USEC", "2000000"}}, std::nullopt},
        WatchdogCase{"no_number", {anywhere, {"WATCHDOG_USEC", "2s"}}, std::nullopt},
        WatchdogCase{"off", {anywhere, {"WATCHDOG_USEC", "0"}}, std::nullopt}
    ),
    [](const auto& one) { return std::string(one.param.name); }
);

}  // namespace
}  // namespace backupwatch
