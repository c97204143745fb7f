#include "reading.hpp"

#include "async/hanging_calls.hpp"
#include "core/quoted_line.hpp"

#include <pwd.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace backupwatch {
namespace {

constexpr Duration reading_limit = std::chrono::seconds(30);

bool is_any_denied(const ConfigErrors& errors) {
    const std::string denied = std::generic_category().message(EACCES);
    return std::any_of(errors.begin(), errors.end(), [&](const ConfigError& error) {
        return error.message.find(denied) != std::string::npos;
    });
}

void say_who_reads() {
    const passwd* user =
        ::getpwuid(::geteuid());  // NOLINT(concurrency-mt-unsafe): on the loop only
    const std::string name = user == nullptr ? std::to_string(::geteuid()) : user->pw_name;
    spdlog::error(
        "root read the configuration at the start; since then backupwatch is the user {}, who "
        "owns state_dir, and reads it as that: let {} read these files, or restart it; until "
        "then the configuration from before stays",
        name,
        name
    );
}

}  // namespace

Task<std::variant<Settings, ConfigErrors>> read_again(
    std::filesystem::path config, HangingCalls& calls, bool gave_up_root
) {
    auto loaded = std::make_shared<std::variant<Settings, ConfigErrors>>();
    std::function<void()> read = [loaded, config] { *loaded = load_settings(config); };
    std::string name = "reading " + config.string();
    co_await calls.run(std::move(name), reading_limit, std::move(read));
    if (const auto* errors = std::get_if<ConfigErrors>(loaded.get())) {
        for (const ConfigError& error : *errors) {
            spdlog::error("configuration not reloaded error={}", quoted_line(to_string(error)));
        }
        if (gave_up_root && is_any_denied(*errors)) say_who_reads();
    }
    co_return std::move(*loaded);
}

void say_what_waits_for_a_restart(const Settings& next, const Settings& current) {
    const bool is_same =
        next.state_dir == current.state_dir && next.control_socket == current.control_socket &&
        next.listen.host == current.listen.host && next.listen.port == current.listen.port;
    if (is_same) return;
    spdlog::warn("state_dir, control_socket and http.listen change with the next restart only");
}

}  // namespace backupwatch
