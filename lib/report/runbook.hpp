#pragma once
#include "core/backup/by_hand.hpp"
#include "core/backup/mark.hpp"
#include "core/check/attestation.hpp"
#include "core/check/checks.hpp"
#include "core/wording/runbook_settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What the runbook of one database is written from.
struct RunbookFacts {
    /// A restore point: one backup, and the last that drills said of it.
    struct Point {
        Backup backup;
        std::optional<DrillOutcome> drill{};
        bool is_proven() const { return drill && drill->result == DrillOutcome::Result::passed; }
    };
    struct Stretch {
        Instant since;
        Instant until;
    };
    /// A point that makes its databases itself, under their own names: the newest proven one, or
    /// the newest. It is for a new server alone.
    struct Whole {
        Point point;
        std::vector<std::string> commands;
    };
    struct Set {
        std::string name;  ///< `nightly`
        bool is_drilled = false;
        bool is_taken = false;        ///< by `backupwatch backup`
        std::string provider_page{};  ///< or empty
        std::string directory{};      ///< where it lies on the host of backupwatch, or empty
        std::string error{};          ///< why its points are not known; empty: they are
        std::vector<Point> points{};  ///< newest first
        /// Any moment of which the provider restores; none: it does not, or does not tell.
        std::optional<Stretch> stretch{};
        std::optional<Whole> whole{};
    };
    /// How long each part took in the drill that proves the chosen point.
    struct Measured {
        Instant at;
        double fetch_seconds = 0;
        double restore_seconds = 0;
        double verify_seconds = 0;
    };
    /// The restore point that the commands are filled in for.
    struct Chosen {
        std::string set;
        Point point;
        ByHand by_hand;
        std::optional<Measured> measured{};
    };

    /// `backupwatch restore`: what it takes, and every place that it may restore to.
    struct Guided {
        struct Target {
            std::string name;   ///< in `restore_targets`
            std::string place;  ///< what is confirmed
        };
        std::string set;
        Point point;
        std::optional<Measured> measured{};
        std::vector<Target> targets{};
        bool is_into_project = false;  ///< new ones of Supabase's, which are there already
    };

    std::string database;
    Instant now;
    RunbookSettings settings;
    std::string config{};  ///< a file that a command has to name; empty: it is found
    std::vector<Set> sets{};
    std::vector<NotedMark> marks{};  ///< newest first
    std::vector<Attestation> attestations{};
    std::optional<Chosen> chosen{};  ///< none: none can be restored by commands of ours
    std::optional<Guided> guided{};  ///< none: nothing that it takes, or nowhere to go
    std::string host{};              ///< of the source, or empty
    std::string port{};
    std::vector<std::string> tables{};   ///< that must be there
    std::vector<std::string> queries{};  ///< that must run
};

/// How long a step takes.
struct StepTime {
    enum class Source { measured, attested, unknown };
    Source source = Source::unknown;
    Duration taken{};
    Instant as_of{};
    std::string by{};  ///< of attested: who; of unknown: what to attest, where a person can

    /// To the second what a drill has measured; a minute at least what a person does.
    Duration planned() const;
};

struct RunbookStep {
    std::string title;
    std::vector<std::string> lines{};     ///< what to do, in words
    std::vector<std::string> commands{};  ///< what to paste, as one block
    StepTime time{};
};

/// What is to be done, in order, each with its time.
std::vector<RunbookStep> runbook_steps(const RunbookFacts& facts);

/// What they take together, as far as that is known.
struct PlannedTotal {
    Duration known{};
    Duration measured{};                 ///< of that, by a drill
    std::vector<std::string> untimed{};  ///< titles of the steps that nobody knows the time of

    /// Whole minutes, rounded up: people are no drill.
    Duration promised() const { return std::chrono::ceil<std::chrono::minutes>(known); }
};
PlannedTotal planned_total(const std::vector<RunbookStep>& steps);

/// Back to the old database, by a block that is in none of the steps; none: nothing was renamed.
std::optional<RunbookStep> runbook_way_back(const RunbookFacts& facts);

/// What may be done instead of unpacking, loading, checking and moving, or of the one step that
/// stands for these, the quickest first. None of it is a block to paste: that is for the steps.
std::vector<RunbookStep> runbook_alternatives(const RunbookFacts& facts);

/// The last proven restore point before that instant; null: there is none. Of the backups that
/// were begun before it, since their snapshots hold nothing of what came then.
const RunbookFacts::Point* proven_before(const RunbookFacts& facts, Instant instant);

/// RUNBOOK-EMERGENCY-RESTORE.md: complete in itself, for somebody who has nothing else.
std::string runbook_text(const RunbookFacts& facts);

}  // namespace backupwatch
