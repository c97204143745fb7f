#pragma once
#include "core/backup/manifest.hpp"
#include "postgres/archive.hpp"
#include "postgres/catalog.hpp"
#include "sources/dump/file_packer.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace backupwatch {

/// A table as the source told of it, in the snapshot.
struct CountedTable {
    DumpedTable table;
    std::uint64_t rows = 0;
};

/// What pg_dump left: its table of contents, and its data files by their raw names.
struct WrittenArchive {
    Archive archive;
    std::map<std::string, PackedFile> files;
};

/// Pure: says which data file is which table, and that the archive holds the very tables and rows
/// that the source has. Throws Failure::corrupt with the first difference
/// (`public.posts: the source has 1200 rows, the dump 1159`) and how many more there are.
std::vector<TableContent> reconcile(
    const std::vector<CountedTable>& source, const WrittenArchive& written
);

/// Rows of `oid<TAB>sha256`, or nothing where there is no large object. Throws Failure::corrupt
/// when there are not as many as in the source.
std::optional<Rows> reconcile_large_objects(std::uint64_t source, const WrittenArchive& written);

}  // namespace backupwatch
