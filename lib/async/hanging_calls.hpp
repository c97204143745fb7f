#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace backupwatch {

/// Calls that a mount that hangs holds up for ever, each on a thread of its own: there they hold up
/// nobody else. Of each name at most one, so that no more of them come to hang. Used on the loop.
class HangingCalls {
  public:
    /// Returns, or throws what `call` threw, when it has come back. Throws Failure::timeout after
    /// `limit`, or at once while an earlier call of that name hangs. Cancelled, it ends at once,
    /// and the call goes on alone: it must own all that it touches.
    Task<> run(std::string name, Duration limit, std::function<void()> call);

  private:
    std::map<std::string, std::weak_ptr<void>> under_way_;
};

}  // namespace backupwatch
