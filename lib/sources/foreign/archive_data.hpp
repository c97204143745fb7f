#pragma once
#include "postgres/archive.hpp"
#include "sources/foreign/byte_stream.hpp"
#include "sources/foreign/content.hpp"

#include <filesystem>
#include <functional>

namespace backupwatch {

/// Reads an archive of pg_dump to its end, all that its table of contents names and where it says,
/// into `reader`. All of them block, and throw Failure::corrupt where anything is missing or cut
/// short, also at the end of a line, which pg_restore would not see.
struct ArchiveData {
    Archive archive;
    DatabaseReader reader{""};
};
ArchiveData read_custom_archive(ByteStream& file);
ArchiveData read_tar_archive(ByteStream& file);
/// `opened` hears of each file that is read, by its name below `folder`, before and after.
using OnFile = std::function<void(const std::string& name, FileBytes& file)>;
ArchiveData read_folder_archive(
    const std::filesystem::path& folder, const std::function<bool()>& stop, const OnFile& read
);

/// The table of contents alone, of an archive that is known to be whole: of a file, or a folder.
Archive read_archive_contents(const std::filesystem::path& archive, bool is_tar);

}  // namespace backupwatch
