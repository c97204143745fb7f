#include "process/process.hpp"

#include "async/with_timeout.hpp"

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>

namespace backupwatch {
namespace {

constexpr std::chrono::seconds grace{5};

}  // namespace

std::string describe(const Exit& exit) {
    std::string text = "exit code " + std::to_string(exit.code);
    if (exit.signal) {
        const char* name = ::sigdescr_np(*exit.signal);
        text = "ended by signal " + std::to_string(*exit.signal);
        if (name != nullptr) text += std::string(" (") + name + ")";
    }
    const char* separator = ": ";
    for (const auto& line : exit.last_lines) {
        text += separator + line;
        separator = "; ";
    }
    return text;
}

Task<Exit> run_process(Command command, Duration limit) {
    const auto executor = co_await asio::this_coro::executor;
    const std::string name = command.program.filename().string();
    const auto child = start_process(executor, std::move(command));
    std::exception_ptr ending;
    try {
        co_return co_await with_timeout(child->wait(), limit, name);
    } catch (...) {
        // The limit or a cancellation; nothing may be awaited in here.
        ending = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state();
    co_await child->end(SIGTERM, grace);
    std::rethrow_exception(ending);
}

}  // namespace backupwatch
