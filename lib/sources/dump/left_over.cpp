#include "sources/dump/left_over.hpp"

#include "core/failure.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Where there was no thread to be had, or no descriptor for it: both come back.
constexpr auto next_try = std::chrono::seconds(1);

/// Shared by who waits and by the thread that removes it.
class LeftOver {
  public:
    explicit LeftOver(Workspace workspace)
        : path_(workspace.path()), workspace_(std::move(workspace)) {}
    /// May run on the loop: what no thread has begun to remove stays as it is.
    ~LeftOver() {
        if (!is_begun_) workspace_->leave();
    }
    LeftOver(const LeftOver&) = delete;
    LeftOver& operator=(const LeftOver&) = delete;

    void remove() {
        if (is_begun_.exchange(true)) return;
        workspace_.reset();
        std::error_code error;
        const auto status = std::filesystem::symlink_status(path_, error);
        is_gone_ = status.type() == std::filesystem::file_type::not_found;
    }

    bool is_begun() const { return is_begun_; }
    bool is_gone() const { return is_gone_; }

  private:
    std::filesystem::path path_;
    std::optional<Workspace> workspace_;
    std::atomic<bool> is_begun_{false};
    std::atomic<bool> is_gone_{false};
};

Task<> try_until(
    std::shared_ptr<LeftOver> left,
    HangingCalls& calls,
    std::string name,
    SteadyClock::time_point end
) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (;;) {
        const auto rest = std::chrono::ceil<Duration>(end - SteadyClock::now());
        std::function<void()> remove = [left] { left->remove(); };
        try {
            co_await calls.run(name, rest, std::move(remove));
        } catch (const Failure&) {
        }
        if (left->is_begun() || SteadyClock::now() >= end) co_return;
        pause.expires_at(std::min(SteadyClock::now() + next_try, end));
        co_await pause.async_wait(asio::use_awaitable);
    }
}

}  // namespace

Task<bool> remove_left_over(Workspace workspace, HangingCalls& calls, Duration limit) {
    const std::string name = "removing " + workspace.path().string();
    const auto left = std::make_shared<LeftOver>(std::move(workspace));
    auto trying = try_until(left, calls, name, SteadyClock::now() + limit);
    try {
        co_await std::move(trying);
    } catch (const std::exception&) {
        // Cancelled. What failed before is what is told, whatever else goes wrong here.
    }
    co_return left->is_gone();
}

}  // namespace backupwatch
