#include "app.hpp"

#include "config/environment.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"

#include <grp.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace backupwatch {
namespace {

/// Two more than cores: a thread that waits for a disk must not keep a core from hashing.
std::size_t pool_threads() {
    return std::max(2u, std::thread::hardware_concurrency()) + 2;
}

/// `<3>` before an error: how systemd's journal is told a line's priority.
class JournalPriority final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out)
        override {
        const std::string_view priority = message.level >= spdlog::level::err    ? "<3>"
                                          : message.level == spdlog::level::warn ? "<4>"
                                          : message.level == spdlog::level::info ? "<6>"
                                                                                 : "<7>";
        out.append(priority.data(), priority.data() + priority.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return spdlog::details::make_unique<JournalPriority>();
    }
};

/// $JOURNAL_STREAM names the device and inode of the journal's socket: ours, or an ancestor's?
bool is_journal_on_stderr() {
    const auto stream = environment_variable("JOURNAL_STREAM");
    struct stat status {};
    if (!stream || ::fstat(STDERR_FILENO, &status) < 0) return false;
    return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

App::App(asio::io_context& loop)
    : network(make_network(loop.get_executor())),
      pool(pool_threads()),
      clock(make_clock(loop.get_executor())) {}

Task<> App::open(Settings settings) {
    std::string alarm;
    try {
        store = co_await Store::open(settings.state_dir, clock->now());
    } catch (const Failure& failure) {
        // No room, no disk: going on without it is seen (readyz, metrics, log); going away is not.
        const bool passes = failure.kind() == Failure::Kind::exhausted ||
                            failure.kind() == Failure::Kind::unreachable;
        if (!passes) throw;
        alarm = failure.what();
        spdlog::error("the state is kept in memory only error={}", quoted_line(alarm));
        store = Store::in_memory();
    }
    world = std::make_shared<World>(std::move(settings), *clock, *store, pool, *network);
    world->state_alarm = std::move(alarm);
    co_await world->recall();
    co_await world->clean_up();
}

void App::make_notifiers_for(World& its_world) {
    auto& notifiers = its_world.alerting.notifiers;
    notifiers = make_notifiers(its_world.settings.alerts, *network);
    its_world.alerting.use(policy_of(its_world.settings.alerts, notifiers));
}

std::filesystem::path daemon_lock(const std::filesystem::path& state_dir) {
    return state_dir / "daemon.lock";
}

void make_socket_folder(
    const std::filesystem::path& control_socket, const std::filesystem::path& state_dir
) {
    const std::filesystem::path folder = control_socket.parent_path();
    if (folder.empty() || ::mkdir(folder.c_str(), 0700) < 0) return;
    struct stat status {};
    if (::geteuid() == 0 && ::stat(state_dir.c_str(), &status) == 0) {
        [[maybe_unused]] const int given = ::chown(folder.c_str(), status.st_uid, status.st_gid);
    }
    ::chmod(folder.c_str(), 0755);
}

void become_owner_of(const std::filesystem::path& state_dir) {
    struct stat status {};
    if (::geteuid() != 0 || ::stat(state_dir.c_str(), &status) < 0 || status.st_uid == 0) return;
    const bool changed = ::setgroups(1, &status.st_gid) == 0 &&
                         ::setresgid(status.st_gid, status.st_gid, status.st_gid) == 0 &&
                         ::setresuid(status.st_uid, status.st_uid, status.st_uid) == 0;
    if (changed) return;
    throw Failure(
        Failure::Kind::denied,
        "cannot go on as the owner of " + state_dir.string() + ": " +
            std::system_category().message(errno)
    );
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    // Where that is refused, it is what it was, and what runs out of them says so.
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void start_logging(LogLevel level) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>("backupwatch", std::move(sink));
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    if (is_journal_on_stderr()) {
        formatter->add_flag<JournalPriority>('*').set_pattern("%*%v");
    } else {
        formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v");
    }
    logger->set_formatter(std::move(formatter));
    logger->set_level(spdlog_level(level));
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace backupwatch
