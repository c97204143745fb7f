#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace backupwatch {

/// Calls that a mount that hangs holds up for ever, each on a thread of its own: there they hold up
/// nobody else. Of each name one at a time, and `most` in all. Used on the loop.
class HangingCalls {
  public:
    explicit HangingCalls(std::size_t most = 1000) : most_(most) {}

    /// Returns, or throws what `call` threw, when it has come back; one of that name before it is
    /// waited for. Throws Failure::timeout after `limit`, and at once where the one before has not
    /// come back within its own; exhausted where `most` have not come back. Cancelled, it ends at
    /// once, and the call goes on alone: it must own all that it touches.
    Task<> run(std::string name, Duration limit, std::function<void()> call);

  private:
    struct Call {
        std::weak_ptr<void> under_way;
        std::chrono::steady_clock::time_point due_back;
    };

    Task<> run_in_turn(std::string name, Duration limit, std::function<void()> call);
    bool is_under_way(const std::string& name) const;
    void require_room();

    std::size_t most_;
    std::map<std::string, Call> calls_;
};

}  // namespace backupwatch
