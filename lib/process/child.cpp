#include "async/with_timeout.hpp"
#include "process/capture.hpp"
#include "process/is_ready.hpp"
#include "process/launch.hpp"
#include "process/process_table.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <poll.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Stream = asio::posix::stream_descriptor;

constexpr auto kill_limit = 10s;    // SIGKILL ends anything but a process stuck in the kernel
constexpr auto group_limit = 1s;    // for the rest of a group that got SIGKILL
constexpr int last_wait_ms = 1000;  // when an owner drops a child that runs
constexpr std::size_t at_once = 1 << 16;
constexpr std::size_t pipe_limit = 1 << 20;  // the most that a pipe holds

/// What a child's handlers share with its owner. Shared, because a handler can be queued on the
/// loop at the moment the owner goes.
class Watch : public std::enable_shared_from_this<Watch> {
  public:
    Watch(asio::any_io_executor executor, LastLines::OnLine on_error_line)
        : ended(executor, asio::steady_timer::time_point::max()),
          handle_(executor),
          output_(executor),
          errors_(executor),
          error_lines_(std::move(on_error_line)) {}

    /// May throw half way: then abandon() ends the child.
    void begin(Launched launched) {
        child_ = std::move(launched);
        assign(handle_, child_.handle);
        assign(errors_, child_.errors);
        errors_.native_non_blocking(true);
        if (child_.output) {
            assign(output_, child_.output);
            output_.native_non_blocking(true);
        }
        await_end();
        read_on(errors_, error_lines_);
        if (output_.is_open()) read_on(output_, first_output_);
    }

    pid_t program() const { return child_.program; }

    void signal_group(int signal) {
        // After the end the number may be someone else's. (A keeper reaps the program last.)
        if (!exit && program() > 0) ::kill(-program(), signal);
    }

    /// The owner goes, and this one was not ended: nothing of it may stay, not even a zombie.
    void abandon() {
        if (exit || child_.pid == 0) return;
        error_lines_ = LastLines(nullptr);
        signal_group(SIGKILL);
        const int handle = handle_.is_open() ? handle_.native_handle() : child_.handle.get();
        pollfd end{handle, POLLIN, 0};
        // A signal cuts the wait short, and owners go just when signals come.
        while (::poll(&end, 1, last_wait_ms) < 0 && errno == EINTR) {
        }
        ::waitpid(child_.pid, nullptr, WNOHANG);
        exit.emplace();
        close();
    }

    std::optional<Exit> exit;
    asio::steady_timer ended;  ///< cancelled when `exit` is there

  private:
    /// The stream owns the descriptor once it has taken it, and not before.
    static void assign(Stream& stream, Descriptor& descriptor) {
        stream.assign(descriptor.get());
        descriptor.release();
    }

    void await_end() {
        auto on_end = [self = shared_from_this()](boost::system::error_code error) {
            if (error || self->exit) return;
            // To take what was meant for another descriptor for the end would kill the child. Its
            // own is readable from the end on.
            if (is_ready(self->handle_.native_handle(), POLLIN)) {
                self->note_end();
            } else {
                self->await_end();
            }
        };
        handle_.async_wait(Stream::wait_read, std::move(on_end));
    }

    template <class Sink>
    void read_on(Stream& stream, Sink& sink) {
        auto on_readable =
            [self = shared_from_this(), &stream, &sink](boost::system::error_code error) {
                if (error || self->exit) return;
                if (self->read(stream, sink, at_once)) self->read_on(stream, sink);
            };
        stream.async_wait(Stream::wait_read, std::move(on_readable));
    }

    /// Reads what is there, about `limit` at most. False at the end of the stream.
    template <class Sink>
    bool read(Stream& stream, Sink& sink, std::size_t limit) {
        std::array<char, 16384> buffer;
        for (std::size_t sum = 0; sum < limit;) {
            const auto size = ::read(stream.native_handle(), buffer.data(), buffer.size());
            if (size < 0 && errno == EINTR) continue;
            if (size < 0 && errno == EAGAIN) return true;
            if (size <= 0) return false;
            sum += static_cast<std::size_t>(size);
            sink.add({buffer.data(), static_cast<std::size_t>(size)});
        }
        return true;
    }

    void note_end() {
        // Not reaped yet, so the group's number is still its own. A keeper has ended it.
        if (child_.pid == program()) signal_group(SIGKILL);
        int status = 0;
        while (::waitpid(child_.pid, &status, 0) < 0 && errno == EINTR) {
        }
        // All that the child wrote is in the pipes by now. Someone who left its group may hold them
        // open for ever, so their end is not waited for.
        if (output_.is_open()) read(output_, first_output_, pipe_limit);
        read(errors_, error_lines_, pipe_limit);
        error_lines_.finish();

        Exit result;
        if (WIFSIGNALED(status)) {
            result.signal = WTERMSIG(status);
        } else {
            result.code = WEXITSTATUS(status);
        }
        result.output = first_output_.take();
        result.last_lines = error_lines_.take();
        exit = std::move(result);
        close();
        ended.cancel();
    }

    void close() {
        boost::system::error_code ignored;
        for (Stream* stream : {&handle_, &output_, &errors_}) stream->close(ignored);
    }

    Launched child_;
    Stream handle_;
    Stream output_;
    Stream errors_;
    FirstBytes first_output_;
    LastLines error_lines_;
};

class WatchedChild final : public Child {
  public:
    WatchedChild(asio::any_io_executor executor, std::string name, std::shared_ptr<Watch> watch)
        : executor_(std::move(executor)), name_(std::move(name)), watch_(std::move(watch)) {}
    ~WatchedChild() override { watch_->abandon(); }

    pid_t pid() const override { return watch_->program(); }
    bool is_running() const override { return !watch_->exit; }

    Task<Exit> wait() override {
        co_await ended();
        co_return *watch_->exit;
    }

    Task<> end(int signal, Duration limit) override {
        watch_->signal_group(signal);
        const bool in_time = co_await ended_within(limit);
        if (in_time) co_return;
        watch_->signal_group(SIGKILL);
        const bool killed = co_await ended_within(kill_limit);
        if (killed) co_return;
        throw Failure(
            Failure::Kind::internal,
            "cannot end " + name_ + " (process " + std::to_string(watch_->program()) +
                "): it is still there after SIGKILL"
        );
    }

  private:
    Task<> ended() {
        while (!watch_->exit) {
            boost::system::error_code woken;
            co_await watch_->ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        // The rest of the group got SIGKILL as well, and is gone a moment later.
        const auto deadline = std::chrono::steady_clock::now() + group_limit;
        asio::steady_timer pause(executor_);
        while (is_group_running(watch_->program()) && std::chrono::steady_clock::now() < deadline) {
            pause.expires_after(2ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }

    Task<bool> ended_within(Duration limit) {
        try {
            co_await with_timeout(ended(), limit, name_);
            co_return true;
        } catch (const Failure&) {
            co_return false;
        }
    }

    asio::any_io_executor executor_;
    std::string name_;
    std::shared_ptr<Watch> watch_;
};

}  // namespace

std::unique_ptr<Child> start_process(asio::any_io_executor executor, Command command) {
    auto name = command.program.filename().string();
    auto watch = std::make_shared<Watch>(executor, std::move(command.on_error_line));
    // Made before there is a child, so that none is left whatever fails from here on.
    auto child = std::make_unique<WatchedChild>(std::move(executor), std::move(name), watch);
    watch->begin(launch(command));
    return child;
}

}  // namespace backupwatch
