#pragma once
#include "core/backup/shape.hpp"
#include "core/backup/verification.hpp"
#include "sources/foreign/inspection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What a dump that was made with row security on may lack, by what those before it held.
struct HiddenRows {
    std::vector<std::string> lost;  ///< by the measure of `shape`, until somebody accepts it
    std::vector<SkippedPart> fewer;
};

/// Of InspectedDump::perhaps_hidden those tables that have less than before. `known`: what the
/// check `shape` knows of the set's dumps; of one that is older than its newest it says nothing,
/// and `earlier`, oldest first, does. Pure.
HiddenRows hidden_rows(
    const InspectedDump& dump,
    Instant at,
    const std::optional<ShapeJudgement>& known,
    const std::vector<Shape>& earlier
);

}  // namespace backupwatch
