#pragma once
#include "config/section.hpp"
#include "core/backup/hook.hpp"
#include "core/time/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// The program that is run after each backup that was taken.
struct HookSettings {
    std::string program;  ///< absolute, or a name that is looked for in `hook_path`
    std::vector<HookArgument> arguments;
};

/// Where programs are looked for, and what they get as their $PATH: not ours, which may be
/// anything.
inline constexpr const char* hook_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The keys `after_backup` and `after_backup_timeout`, of a source that takes backups itself.
void describe_hook(Section& section, std::optional<HookSettings>& hook, Duration& limit);

}  // namespace backupwatch
