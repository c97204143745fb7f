#pragma once
#include "async/task.hpp"
#include "core/check/checks.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace backupwatch {

/// How full the volume of `path` is for us: what only root may still use counts as used. Blocking.
/// Throws Failure::missing where there is nothing at `path`.
DiskSample measure_volume(const std::filesystem::path& path, Instant now);

/// Adds the newest sample, and lets go what is too old to forecast from, or is of a clock that was
/// ahead.
void keep_sample(std::vector<DiskSample>& samples, const DiskSample& newest);

/// Calls that a mount that hangs holds up for ever, each on a thread of its own: there they hold up
/// nobody else. Of each name at most one, so that no more of them come to hang. Used on the loop.
class HangingCalls {
  public:
    /// Throws Failure::timeout after `limit`, or at once while an earlier call of that name hangs.
    /// `call` must own all that it touches.
    Task<> run(std::string name, Duration limit, std::function<void()> call);

  private:
    std::map<std::string, std::weak_ptr<void>> under_way_;
};

}  // namespace backupwatch
