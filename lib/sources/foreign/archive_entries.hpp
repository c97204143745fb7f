#pragma once
#include "core/failure.hpp"
#include "postgres/archive.hpp"
#include "sources/foreign/archive_data.hpp"
#include "sources/foreign/byte_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

// What the readers of the three archives share.
namespace backupwatch {

inline constexpr std::size_t read_at_once = 1 << 16;
/// Of a longer table of contents nothing is told: it would not fit into memory.
constexpr std::size_t longest_contents = 64 << 20;
Failure too_long_contents();

/// Reads a table of contents from the front; `behind` is what was read behind it. Throws
/// Failure::corrupt where it is cut short, and too_long_contents().
Archive read_contents(ByteStream& file, std::string& behind);

/// A tar file's, from its first member.
Archive read_tar_contents(ByteStream& file);

inline constexpr std::size_t tar_block = 512;
/// Throws Failure::corrupt where that of a member's header, one block, is not the sum of all its
/// bytes, its own for spaces.
void require_tar_sum(std::string_view header);

/// The entries of an archive that have data, and which of them were not seen yet.
class ArchiveEntries {
  public:
    /// Tells `data.reader` what all others say.
    explicit ArchiveEntries(ArchiveData& data);

    /// Throws Failure::corrupt for one that has no data, or was seen already.
    const ArchiveEntry& take(int dump_id);
    /// Of a tar file, whose list of them stands behind them.
    void take_large_objects();

    /// All of a table's rows, be it COPY text or INSERTs. Throws unknown_copy().
    void read_table(const ArchiveEntry& entry, ByteStream& bytes);
    /// Throws Failure::corrupt for one that was seen already, before it reads any of it.
    void read_large_object(std::uint32_t oid, ByteStream& bytes);

    /// Throws Failure::corrupt where anything was not seen.
    void require_all() const;
    const std::map<int, const ArchiveEntry*>& missing() const { return missing_; }

  private:
    void note_large_objects(const ArchiveEntry& entry);
    void add_object(std::string_view number);

    ArchiveData& data_;
    std::map<int, const ArchiveEntry*> missing_;
    std::set<std::uint32_t> objects_;  ///< large ones that were not seen yet
    std::set<std::uint32_t> seen_;     ///< and those that were
};

bool is_of_large_objects(const ArchiveEntry& entry);

}  // namespace backupwatch
