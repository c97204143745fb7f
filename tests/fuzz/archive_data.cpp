#include "sources/foreign/archive_data.hpp"

#include "memory.hpp"
#include "target.hpp"

namespace backupwatch {
/// As inspect() does: a custom archive or a tar file, compressed as a whole or not.
void read_foreign_bytes(std::string_view bytes) {
    Memory packed(bytes);
    const Compression compression = compression_of(bytes);
    if (compression == Compression::lz4) return;
    try {
        const auto unpacked = decompressed(compression, packed);
        std::string head(8, '\0');
        std::size_t filled = 0;
        while (filled < head.size()) {
            const auto count = unpacked->read(&head[filled], head.size() - filled);
            if (count == 0) break;
            filled += count;
        }
        head.resize(filled);
        const bool is_custom = head.starts_with("PGDMP");
        PutBack whole(std::move(head), *unpacked);
        ArchiveData data = is_custom ? read_custom_archive(whole) : read_tar_archive(whole);
        data.reader.finish();
    } catch (const Failure& failure) {
        // Compressed with lz4, or with a window that is too long for us.
        if (failure.kind() != Failure::Kind::missing) throw;
    }
}

}  // namespace backupwatch
