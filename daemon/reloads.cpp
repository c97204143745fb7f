#include "reloads.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace backupwatch {

Reloads::Reloads(const asio::any_io_executor& executor)
    : news_(executor, asio::steady_timer::time_point::max()) {}

void Reloads::end(std::uint64_t number, std::string error) {
    ended_ = number;
    error_ = std::move(error);
    news_.cancel();
}

Task<std::string> Reloads::ended(std::uint64_t number) {
    while (ended_ < number) {
        boost::system::error_code woken;
        co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_return error_;
}

}  // namespace backupwatch
