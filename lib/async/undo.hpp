#pragma once
#include "async/task.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <utility>

namespace backupwatch {

/// Undoes what a failure leaves half done, before that failure is thrown on. What goes wrong in it
/// is passed over: what failed before is what is told, and the next start finds what is left. The
/// caller disables its cancellation before, since what is cancelled may await nothing, and no
/// second one shall end this half way; afterwards it can be cancelled again.
inline Task<> undo(Task<> cleaning) {
    try {
        co_await std::move(cleaning);
    } catch (const std::exception&) {
    }
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
}

}  // namespace backupwatch
