#pragma once
#include "watch/scheduler.hpp"
#include "watch/world.hpp"

#include <memory>
#include <vector>

namespace backupwatch {

/// Every schedule of a world. The streams keep the world alive: after a reload, work that began
/// under the old configuration ends under it.
std::vector<Stream> streams_of(const std::shared_ptr<World>& world);

/// A slot that was begun three times and never ended: closed as failed, and told as such.
Task<> close_interrupted(std::shared_ptr<World> world, StreamKey key, Instant slot);

/// Looks at everything once, so that what is known does not depend on which poll comes first.
Task<> first_look(std::shared_ptr<World> world);

}  // namespace backupwatch
