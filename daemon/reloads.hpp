#pragma once
#include "async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <string>

namespace backupwatch {

/// Which reloads were asked for, and what came of them: one goes on at a time, and answers all that
/// asked before it began. Used on the loop only.
class Reloads {
  public:
    explicit Reloads(const asio::any_io_executor& executor);

    /// Returns its number.
    std::uint64_t ask() { return ++asked_; }
    bool is_due() const { return ended_ < asked_; }
    std::uint64_t newest() const { return asked_; }
    /// Of all up to `number`; `error`: why the old configuration stays, or empty.
    void end(std::uint64_t number, std::string error);
    /// Returns that error when the reload has ended.
    Task<std::string> ended(std::uint64_t number);

  private:
    std::uint64_t asked_ = 0;
    std::uint64_t ended_ = 0;
    std::string error_;
    asio::steady_timer news_;
};

}  // namespace backupwatch
