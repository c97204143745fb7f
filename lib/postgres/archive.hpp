#pragma once
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
    std::string file;               ///< of its data, within the directory, or empty
    bool has_data = false;
};

/// toc.dat of a directory-format archive.
struct Archive {
    int format_version = 0;  ///< 11400: 1.14.0
    int server_version = 0;  ///< from its text, 150020
    int dump_version = 0;
    std::string database;
    std::vector<ArchiveEntry> entries;
};

/// Pure; the bytes may be anyone's. Formats 1.12 to 1.16 (pg_dump 9 to 18).
/// Throws Failure::corrupt that says what is wrong and at which byte.
Archive parse_archive(std::string_view toc);

/// The relation that a COPY statement loads and its columns in order, all unquoted. A table without
/// columns has none.
struct CopyTarget {
    std::string schema;
    std::string name;
    std::vector<std::string> columns;
};
/// Nothing for anything but `COPY schema.name (columns) FROM stdin;`.
std::optional<CopyTarget> parse_copy_statement(std::string_view statement);

}  // namespace backupwatch
