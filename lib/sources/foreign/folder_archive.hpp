#pragma once
#include "sources/foreign/archive_data.hpp"
#include "sources/foreign/file_bytes.hpp"
#include "sources/foreign/held.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace backupwatch {

/// Hears of each file that was read to its end, by its name in the folder.
using OnFile = std::function<void(const std::string& name, FileBytes& file)>;
ArchiveData read_folder_archive(
    const std::filesystem::path& folder, const OnRead& on_read, const OnFile& read
);

/// Those of the lines of a `blobs.toc`, which are oid and file. A few bytes of a packed one make
/// millions of lines, so what is kept of each is counted.
std::vector<std::uint32_t> read_large_object_list(ByteStream& bytes, Held& held);

/// The table of contents alone, of an archive that is known to be whole: of a file, or a folder.
Archive read_archive_contents(const std::filesystem::path& archive, bool is_tar);

}  // namespace backupwatch
