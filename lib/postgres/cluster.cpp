#include "postgres/cluster.hpp"

#include "async/pool.hpp"
#include "async/undo.hpp"
#include "core/failure.hpp"
#include "postgres/cluster_template.hpp"
#include "postgres/drill_fence.hpp"
#include "postgres/postmaster_file.hpp"
#include "postgres/server_failure.hpp"
#include "postgres/server_settings.hpp"
#include "postgres/socket_folder.hpp"
#include "postgres/traversal.hpp"
#include "process/process_table.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <deque>
#include <exception>
#include <system_error>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t log_lines_kept = 30;
constexpr auto stop_limit = 2s;
/// What its user may run beside what they run now, here and in containers that we do not see.
constexpr std::uint64_t more_processes = 4096;

std::string quoted(const std::string& value) {
    std::string text = "'";
    for (const char letter : value) {
        if (letter == '\'' || letter == '\\') text += '\\';
        text += letter;
    }
    return text + "'";
}

class ThrowAwayCluster final : public Cluster {
  public:
    ThrowAwayCluster(ClusterOptions options, Pool& pool)
        : options_(std::move(options)), data_(options_.folder / "data"), pool_(pool) {}
    ~ThrowAwayCluster() override {
        if (stopped_) return;
        try {
            child_.reset();
            clear_cluster(options_.folder);
        } catch (const std::exception&) {
            // The next start finds what is left.
        }
    }

    Task<> begin(SteadyClock::time_point deadline) {
        co_await clone_template(options_, pool_, deadline);
        socket_ = choose_socket_folder(options_.folder, options_.user);
        const auto executor = co_await asio::this_coro::executor;
        auto count = [user = options_.user ? options_.user->uid : ::getuid()] {
            return threads_of(user);
        };
        const std::uint64_t running = co_await pool_.run(std::move(count));
        child_ = start_process(executor, postgres(running));
        asio::steady_timer pause(executor);
        while (!is_ready()) {
            if (!child_->is_running()) throw failure("its server ended");
            if (SteadyClock::now() >= deadline) {
                throw Failure(
                    Failure::Kind::timeout,
                    "cannot start a throw-away PostgreSQL within " + to_text(options_.start_limit) +
                        ": " + last_words()
                );
            }
            pause.expires_after(2ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }

    Secret conninfo(const std::string& database) const override {
        return Secret(
            "host=" + quoted(socket_) + " port=5432 user=" + superuser_ +
            " dbname=" + quoted(database) + " connect_timeout=10"
        );
    }
    const std::string& superuser() const override { return superuser_; }
    const std::filesystem::path& socket_folder() const override { return socket_; }

    std::string last_log_lines() const override {
        std::string text;
        for (const auto& line : log_) text += (text.empty() ? "" : "\n") + line;
        return text;
    }

    bool has_died() const override {
        return died_ || (child_ && !stopping_ && !child_->is_running());
    }

    Task<> stop() override {
        if (stopped_) co_return;
        died_ = has_died();
        stopping_ = true;
        if (child_) co_await child_->end(SIGQUIT, stop_limit);
        // Where the kernel lets nobody keep a server, what it left is in no group of ours.
        auto clear = [folder = options_.folder] { clear_cluster(folder); };
        co_await pool_.run(std::move(clear));
        stopped_ = true;
    }

  private:
    Command postgres(std::uint64_t running) {
        const Machine machine = Machine::ours();
        Fence fence = server_fence(options_.installation, {options_.folder, socket_}, machine);
        fence.processes = running + more_processes;
        if (options_.address_space) fence.address_space = *options_.address_space;
        Command command{
            .program = options_.installation.bin / "postgres",
            .arguments = {"-D", data_.string()},
            .environment = {{"LC_ALL", "C"}, {"TZ", "UTC"}},
            .directory = data_,
            .user = options_.user,
            .fence = std::move(fence),
            .on_error_line = [this](std::string_view line) { note(line); },
        };
        const auto settings =
            server_settings(options_.installation.major, options_.jobs, machine, socket_);
        for (const auto& [name, value] : settings) {
            command.arguments.push_back("-c");
            command.arguments.push_back(name + "=" + value);
        }
        return command;
    }

    void note(std::string_view line) {
        if (log_.size() == log_lines_kept) log_.pop_front();
        log_.emplace_back(line);
    }

    bool is_ready() const {
        const auto file = read_postmaster_file(data_);
        return file && file->is_ready && file->pid == child_->pid();
    }

    std::string last_words() const { return log_.empty() ? "it said nothing" : last_log_lines(); }

    Failure failure(const std::string& cause) const {
        return server_failure("cannot start a throw-away PostgreSQL: " + cause, last_words());
    }

    const ClusterOptions options_;
    const std::filesystem::path data_;
    const std::string superuser_ = drill_superuser;
    Pool& pool_;
    std::filesystem::path socket_;
    std::deque<std::string> log_;  ///< outlives the child, whose lines come here
    std::unique_ptr<Child> child_;
    bool stopping_ = false;
    bool stopped_ = false;
    bool died_ = false;
};

/// The failure as people need it: which folder it is that another user may not enter, and a Failure
/// for what the file system threw. A cancellation stays one.
std::exception_ptr explained(const std::exception_ptr& cause, const ClusterOptions& options) {
    try {
        std::rethrow_exception(cause);
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::denied || !options.user) return cause;
        for (const auto& folder : {options.folder, options.templates, options.installation.bin}) {
            const auto closed = first_closed_folder(folder, *options.user);
            if (!closed) continue;
            return std::make_exception_ptr(Failure(
                Failure::Kind::denied,
                "cannot run PostgreSQL as user id " + std::to_string(options.user->uid) + " in " +
                    folder.string() + ": it may not pass through " + closed->string(),
                "Let others pass through it: chmod o+x " + closed->string() + "."
            ));
        }
        return cause;
    } catch (const std::system_error& error) {
        const bool full = error.code() == std::errc::no_space_on_device;
        return std::make_exception_ptr(Failure(
            full ? Failure::Kind::exhausted : Failure::Kind::internal,
            std::string("cannot prepare a throw-away PostgreSQL: ") + error.what()
        ));
    } catch (...) {
        return cause;
    }
}

}  // namespace

Task<std::unique_ptr<Cluster>> Cluster::start(ClusterOptions options, Pool& pool) {
    const auto deadline = SteadyClock::now() + options.start_limit;
    auto cluster = std::make_unique<ThrowAwayCluster>(options, pool);
    std::exception_ptr failure;
    try {
        co_await cluster->begin(deadline);
    } catch (...) {
        // Also a cancellation; nothing may be awaited in here.
        failure = explained(std::current_exception(), options);
    }
    if (!failure) co_return std::move(cluster);
    // Half stopped, the cluster would block the loop as it goes.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto stop = cluster->stop();
    co_await undo(std::move(stop));
    std::rethrow_exception(failure);
}

}  // namespace backupwatch
