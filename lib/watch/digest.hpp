#pragma once
#include "core/time/slot_result.hpp"
#include "core/wording/digest.hpp"
#include "watch/world.hpp"

#include <memory>

namespace backupwatch {

/// The schedule of the daily digest, among those of the sets.
StreamKey digest_stream();

/// What is known of everything that is watched.
DigestFacts digest_facts(const World& world, Instant now);

/// Closes the slot together with the digest for everybody who gets it, in one transaction: so each
/// slot is told once, and none is lost. One that is caught up too late says nothing. Throws what
/// the store throws.
Task<SlotResult> digest_slot(std::shared_ptr<World> world, DueSlot due);

}  // namespace backupwatch
