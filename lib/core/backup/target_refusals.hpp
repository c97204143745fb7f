#pragma once
#include "core/backup/restore_target.hpp"

#include <optional>
#include <string>

// What decide_target() says of databases and of projects alike.
namespace backupwatch {

TargetDecision refusal(std::string sentence, std::string hint);

/// Of sessions that an earlier restore has there still.
std::optional<TargetDecision> refuse_restore_at_work(const TargetFacts& facts);
/// Of one whose restore came to its end, or has loaded a project.
TargetDecision refuse_ended(const TargetFacts& facts, const RestoreMark& mark);
TargetDecision refuse_anothers(const TargetFacts& facts);

/// Of a database that is laid out as a project of Supabase's.
TargetDecision decide_project(const TargetFacts& facts);

}  // namespace backupwatch
