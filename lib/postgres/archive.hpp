#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// One entry of an archive's table of contents that the program looks at.
struct ArchiveEntry {
    int dump_id = 0;
    std::string description;        ///< TABLE DATA, BLOBS, SEQUENCE SET, ...
    std::string schema;             ///< unquoted
    std::string name;               ///< unquoted
    std::string owner;              ///< unquoted
    std::string definition;         ///< the statements that make it, or empty
    std::string copy_statement;     ///< `COPY public.posts (id, email) FROM stdin;`, or empty
    std::vector<int> dependencies;  ///< dump_ids, also of what the archive does not hold
    std::string file;               ///< of its data, within the directory or tar file, or empty
    bool has_data = false;
    std::optional<std::uint64_t> data_at{};  ///< in a custom archive, where that is said
};

/// Of a time zone that nobody knows.
using LocalTime = std::chrono::local_seconds;

/// What pg_dump writes by -Fc, -Ft and -Fd.
enum class ArchiveFormat { custom, tar, directory };
/// How the data of a custom-format archive are compressed. (In a directory the files' names say it,
/// in a tar file nothing is.)
enum class ArchiveCompression { none, gzip, lz4, zstd };

/// The table of contents of an archive: toc.dat of a directory or tar file, the beginning of a
/// custom one.
struct Archive {
    /// A directory's says that it is a tar file's.
    ArchiveFormat format = ArchiveFormat::directory;
    ArchiveCompression compression = ArchiveCompression::none;
    int number_size = 4;  ///< bytes of a number behind its sign, also between a custom one's data
    int format_version = 0;             ///< 11400: 1.14.0
    std::optional<LocalTime> begun_at;  ///< where the dump was made
    int server_version = 0;             ///< from its text, 150020
    int dump_version = 0;
    std::string database;
    std::vector<ArchiveEntry> entries;
};

/// Pure; the bytes may be anyone's. Formats 1.12 to 1.16 (pg_dump 9 to 18).
/// Throws Failure::corrupt that says what is wrong and at which byte; missing where it is of
/// another format, or compressed in another way.
Archive parse_archive(std::string_view toc);

/// The same of a file that may go on behind it; `size` of its bytes are the table of contents.
/// None: it needs more of the file than these bytes.
std::optional<Archive> parse_archive_head(std::string_view beginning, std::size_t& size);

/// The relation that a COPY statement loads and its columns in order, all unquoted. A table without
/// columns has none.
struct CopyTarget {
    std::string schema;
    std::string name;
    std::vector<std::string> columns;
    std::string text;  ///< `schema.name` as it stands there, which is as TableContent::name has it
};
/// Nothing for anything but `COPY schema.name (columns) FROM stdin;`. Before 10.3 pg_dump wrote the
/// name alone, of a table in `schema`; empty: then that is nothing either.
std::optional<CopyTarget> parse_copy_statement(
    std::string_view statement, const std::string& schema = {}
);

}  // namespace backupwatch
