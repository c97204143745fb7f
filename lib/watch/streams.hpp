#pragma once
#include "watch/scheduler.hpp"
#include "watch/world.hpp"

#include <memory>
#include <vector>

namespace backupwatch {

/// Every schedule of a world. The streams keep the world alive: after a reload, work that began
/// under the old configuration ends under it. The drills that new backups owe run beside, in
/// `scope`, so that polls go on meanwhile.
std::vector<Stream> streams_of(const std::shared_ptr<World>& world, Scope& scope);

/// A slot that was begun three times and never ended: closed as failed, with the findings that
/// follow from it. Throws what World::commit throws.
Task<> close_interrupted(std::shared_ptr<World> world, StreamKey key, Instant slot);

/// Looks at everything once, so that what is known does not depend on which poll comes first. Each
/// set is looked at on its own: one that is slow, or is drilled, holds no other up.
void first_look(const std::shared_ptr<World>& world, Scope& scope);

}  // namespace backupwatch
