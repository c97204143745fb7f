#pragma once
#include "core/check/checks.hpp"
#include "core/check/set_checks.hpp"
#include "unit/core/inventories.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

using namespace std::chrono_literals;

/// A set of nightly backups, watched for long, read a moment ago.
struct ASet {
    SetPolicy policy{
        .backup = {.every = day, .grace = 2h, .reach_back = 7 * day},
        .drill = DrillPolicy{.target = 5min, .max_age = 26h},
    };
    SetObservation seen;
    Instant now = noon;

    ASet() {
        seen.watched_since = at("2026-01-01T00:00");
        seen.inventory = Inventory{};
        for (int night = 16; night <= 22; ++night) {
            seen.inventory->backups.push_back(
                completed("2026-11-" + std::to_string(night) + "T03:05")
            );
        }
        passes_drill(10h, 12);
        const Backup& newest = backups().back();
        seen.shape = ShapeJudgement{newest.id, instant_of(newest), 12, false, {}};
    }

    std::vector<Backup>& backups() { return seen.inventory->backups; }
    void remove(const std::string& id) {
        auto& list = backups();
        list.erase(
            std::remove_if(list.begin(), list.end(), [&](const Backup& b) { return b.id == id; }),
            list.end()
        );
    }
    void passes_drill(Duration ago, double seconds) {
        seen.last_drill = drilled(DrillOutcome::Result::passed, ago, {});
        seen.last_drill->seconds = seconds;
        seen.last_passed_drill = now - ago;
    }
    DrillOutcome drilled(DrillOutcome::Result result, Duration ago, const std::string& error) {
        DrillOutcome outcome;
        outcome.backup_id = "2026-11-22T03:05";
        outcome.result = result;
        outcome.finished_at = now - ago;
        outcome.error = error;
        return outcome;
    }
    void is_unreadable(int tries, Duration since) {
        seen.inventory.reset();
        seen.source = {
            .error = "401 Unauthorized",
            .tries = tries,
            .failing_since = now - since,
            .last_try = now};
    }

    std::vector<Finding> findings() const { return check_set(policy, seen, now); }
    std::optional<Finding> find(const std::string& check) const {
        for (const Finding& finding : findings()) {
            if (finding.check == check) return finding;
        }
        return std::nullopt;
    }
    /// `severity failures: summary`, or `silent`.
    std::string say(const std::string& check) const {
        const auto finding = find(check);
        if (!finding) return "silent";
        return std::string(to_string(finding->severity)) + " " + std::to_string(finding->failures) +
               ": " + finding->summary;
    }
};

}  // namespace backupwatch
