#pragma once
#include "core/backup/manifest.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace backupwatch {

/// What damages that no checksum shows look like: a dump that was changed by someone who then made
/// its manifest fit again, so that it is restored without any error.

/// Changes what the manifest says, and makes its own checksum right.
void reseal(const std::filesystem::path& dump, const std::function<void(Manifest&)>& change);

/// Makes the manifest list the files that are there, as they are there.
void reseal_files(const std::filesystem::path& dump);

/// Changes the rows of a table, as COPY writes them, and makes the manifest's list of files fit.
void change_rows(
    const std::filesystem::path& dump,
    const std::string& table,
    const std::function<void(std::string&)>& change
);

}  // namespace backupwatch
