#include "postgres/archive.hpp"

#include "target.hpp"

namespace backupwatch {

void read_foreign_bytes(std::string_view bytes) {
    try {
        const Archive archive = parse_archive(bytes);
        // Each takes a hundred bytes and more of the file.
        expect(archive.entries.size() <= bytes.size(), "no more entries than bytes");
        for (const ArchiveEntry& entry : archive.entries) {
            parse_copy_statement(entry.copy_statement);
        }
    } catch (const Failure& failure) {
        // Of another format, or compressed in another way.
        if (failure.kind() != Failure::Kind::missing) throw;
    }
}

}  // namespace backupwatch
