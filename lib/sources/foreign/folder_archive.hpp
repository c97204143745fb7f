#pragma once
#include "sources/foreign/archive_data.hpp"
#include "sources/foreign/file_bytes.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace backupwatch {

/// Hears of each file that was read to its end, by its name in the folder.
using OnFile = std::function<void(const std::string& name, FileBytes& file)>;
ArchiveData read_folder_archive(
    const std::filesystem::path& folder, const OnRead& on_read, const OnFile& read
);

/// The table of contents alone, of an archive that is known to be whole: of a file, or a folder.
Archive read_archive_contents(const std::filesystem::path& archive, bool is_tar);

}  // namespace backupwatch
