#pragma once
#include "core/backup/backup.hpp"
#include "core/check/checks.hpp"
#include "core/check/finding.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What is known of a database when somebody asks whether it may be migrated now.
struct GateFacts {
    struct Set {
        std::string name;  ///< `shop/nightly`
        bool is_drilled = false;
        std::optional<Inventory> inventory;  ///< none: it could not be read
        std::string error;                   ///< why
        /// Of its drills, newest first, and one by hand that failed last.
        std::vector<DrillOutcome> drills;
    };
    std::vector<Set> sets;
    std::vector<Finding> critical;  ///< that stand now
    std::vector<std::string> busy;  ///< sentences: a dump runs, and holds its locks
    std::string unasked;            ///< why nobody knows whether others dump it; empty: it is known
    /// What nobody looks at, since it is not configured: said, so that an open gate is not taken
    /// for more than it is. Empty: all is looked at.
    std::string not_looked_at;
    std::string unread;  ///< why more may be wrong than is known; empty: it is not so
    /// The clock jumped then, or was never set: what is dated before has no age that can be told.
    std::optional<Instant> clock_doubted_before;
};

struct GateReason {
    std::string text;
    bool is_certain = true;  ///< false: it cannot be told, which is not fine either
};

/// A backup that itself passed a drill.
struct GateProof {
    std::string set;
    Backup backup;
    DrillOutcome drill;
};

struct GateDecision {
    std::vector<GateReason> reasons;  ///< why not; empty: it may
    std::optional<GateProof> proof;   ///< the newest that is young enough, whatever the rest says
    std::string not_looked_at;        ///< as in the facts

    bool is_open() const { return reasons.empty(); }
    /// ok: open. critical: shut. unknown: nothing speaks against it but that it cannot be told.
    Severity severity() const;
};

/// Open only with a backup younger than `max_age` that itself passed a drill, nothing critical and
/// no dump running. A backup is as old as its snapshot: what was written since is what a migration
/// that goes wrong costs. One that may be a copy of an older one is as old as that: then it cannot
/// be told.
GateDecision decide_gate(const GateFacts& facts, Duration max_age, Instant now);

}  // namespace backupwatch
