#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace backupwatch {

namespace asio = boost::asio;

/// A coroutine. Return it, co_await it at once, or move it into Scope::spawn; never store one.
template <class T = void>
using Task = asio::awaitable<T>;

}  // namespace backupwatch
