#pragma once
#include "core/time/time.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The folders within a set's directory. A complete dump is `<id>`; one that is being made is the
// workspace `.partial-<id>`, one that is being removed `.removed-<id>`. All of this blocks, and
// throws Failure.
namespace backupwatch {

inline constexpr std::string_view partial_prefix = ".partial-";

/// `20261122T030000Z`, and `20261122T030000Z-2` for the second of that second.
std::string dump_id(Instant started_at, int nth);
bool is_dump_id(std::string_view name);
/// The second that an id names; nothing for an impossible one.
std::optional<Instant> instant_of(const std::string& id);

/// The first id of that second that no folder has.
std::string free_id(const std::filesystem::path& directory, Instant started_at);
/// The complete dumps, or what looks like one by its name.
std::vector<std::string> dump_ids(const std::filesystem::path& directory);

/// Makes a set's directory if it is not there: it is private then.
void make_directory(const std::filesystem::path& directory);
/// Removes a complete dump so that a crash in between leaves nothing that lists as a backup.
void remove_dump(const std::filesystem::path& directory, const std::string& id);
/// Removes what dumps and removals left behind that ended half done, and ends what still runs
/// there.
void remove_left_overs(const std::filesystem::path& directory);

}  // namespace backupwatch
