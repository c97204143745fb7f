#pragma once
#include "config/section.hpp"
#include "core/backup/retention.hpp"
#include "core/check/checks.hpp"
#include "core/time/schedule.hpp"
#include "core/time/time.hpp"
#include "sources/hook_settings.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace backupwatch {

/// What one kind of source alone wants to know; each kind derives its own.
struct SourceSettings {
    virtual ~SourceSettings() = default;
};

/// One backup set. Kinds of sources differ in which of these keys they have and what their
/// defaults are; those who look after a set need not ask which kind it is.
struct SetSettings {
    std::string name;                         ///< default: the source's
    std::string source;                       ///< a name in the registry of sources
    Duration every = std::chrono::hours(24);  ///< of a set that is taken: the longest gap of `take`
    Duration grace = std::chrono::hours(2);
    std::optional<Schedule> check;  ///< none: the checks at the slots of `take` are enough
    Duration poll = std::chrono::minutes(15);
    Duration reach_back = std::chrono::hours(24 * 7);

    std::optional<Schedule> take;                 ///< none: backups are only watched here
    RetentionPolicy retention;                    ///< of what is taken
    std::optional<HookSettings> hook;             ///< none: nothing runs after a backup
    Duration hook_limit = std::chrono::hours(1);  ///< of `hook`; never longer than `every`
    std::optional<ProviderPolicy> provider;       ///< none: nobody keeps the backups for us
    std::filesystem::path directory;              ///< where it lies on this host; empty: elsewhere

    std::shared_ptr<const SourceSettings> own;  ///< null only after an error
};

Parsed<PitrMode> parse_value(std::string_view text, As<PitrMode>);

/// The keys of the kind that `source` names, then those that every set has.
void describe(Section& section, SetSettings& set);

}  // namespace backupwatch
