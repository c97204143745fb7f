#pragma once
#include "commands/online_trials.hpp"

#include <vector>

namespace backupwatch {

/// Pure: whether a drill of this set would find what it needs here: programs, extensions, locale,
/// disk. What it restores is like the database now, or, where that is not known, like the newest
/// backup.
void judge_drill(
    const DatabaseFacts& database,
    const SetFacts& set,
    const HostFacts& host,
    std::vector<Trial>& trials
);

/// The work folder's trial, where that went well so far.
Trial judge_work_dir(Trial trial, const HostFacts& host);

/// Advice for each part of the fence that this kernel has not; nothing where it has all.
void judge_sandbox(const HostFacts& host, std::vector<Trial>& trials);

}  // namespace backupwatch
