#pragma once
#include "postgres/archive.hpp"
#include "sources/foreign/byte_stream.hpp"
#include "sources/foreign/database_reader.hpp"

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

}  // namespace backupwatch
