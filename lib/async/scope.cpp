#include "async/scope.hpp"

#include "core/failure.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>

#include <cassert>
#include <exception>
#include <iterator>

namespace backupwatch {
namespace {

bool is_cancellation(const std::exception& failure) {
    if (const auto* ours = dynamic_cast<const Failure*>(&failure)) {
        return ours->kind() == Failure::Kind::cancelled;
    }
    const auto* error = dynamic_cast<const boost::system::system_error*>(&failure);
    return error != nullptr && error->code() == asio::error::operation_aborted;
}

}  // namespace

Scope::Scope(asio::any_io_executor executor, OnFailure on_failure)
    : executor_(std::move(executor)),
      on_failure_(std::move(on_failure)),
      empty_(executor_, asio::steady_timer::time_point::max()) {}

Scope::~Scope() {
    assert(tasks_.empty() && "await drained() before a scope goes");
}

void Scope::spawn(std::string name, Task<> task) {
    if (cancelled_) return;
    tasks_.emplace_back();
    const auto entry = std::prev(tasks_.end());
    entry->name = std::move(name);

    auto ended = [this, entry](std::exception_ptr failure) {
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            // Aborted though nobody asked for it: a task that others rely on has gone.
            if (!cancelled_ || !is_cancellation(error)) on_failure_(entry->name, error.what());
        }
        tasks_.erase(entry);
        if (tasks_.empty()) empty_.cancel();
    };
    asio::co_spawn(
        executor_,
        begin(*entry, std::move(task)),
        asio::bind_cancellation_slot(entry->signal.slot(), std::move(ended))
    );
}

Task<> Scope::begin(Entry& entry, Task<> task) {
    // Asio 1.26 throws out of the loop, and never calls back, when a coroutine ends cancelled
    // before it was suspended once. So it is suspended here first, and hears of no cancellation
    // until then.
    co_await asio::post(asio::use_awaitable);
    entry.begun = true;
    if (cancelled_) co_return;
    co_await std::move(task);
}

void Scope::cancel() {
    cancelled_ = true;
    // A task that ends takes its entry with it, so the next one is found before the signal.
    for (auto entry = tasks_.begin(); entry != tasks_.end();) {
        auto& current = *entry++;
        if (current.begun) current.signal.emit(asio::cancellation_type::terminal);
    }
}

Task<> Scope::drained() {
    while (!tasks_.empty()) {
        boost::system::error_code woken;
        co_await empty_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

}  // namespace backupwatch
