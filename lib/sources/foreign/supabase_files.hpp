#pragma once
#include "core/backup/verification.hpp"
#include "sources/foreign/byte_stream.hpp"
#include "sources/foreign/file_bytes.hpp"
#include "sources/foreign/folder_archive.hpp"
#include "sources/foreign/supabase_reader.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// The files of `supabase db dump` in a folder, by their names there: `schema.sql`, `schema.sql.gz`
/// or `schema.sql.zst`, and so on.
struct SupabaseFiles {
    std::string roles;  ///< empty: there is none
    std::string schema;
    std::string data;

    /// Those that are there.
    std::vector<std::string> names() const;
};
/// Nothing where the folder has not both a schema and data.
std::optional<SupabaseFiles> supabase_files_in(const std::filesystem::path& folder);

/// Where they lie: `path` itself, or, of files that lie in the watched folder among others, the
/// folder of `path`, which is then that of the data. Nothing: it is no such dump.
std::optional<std::filesystem::path> supabase_folder(const std::filesystem::path& path);

Compression compression_by_name(const std::string& name);
/// `schema.sql` of `schema.sql.gz`.
std::string unpacked_name(const std::string& name);
/// The names of those that were read, in the order in which they are loaded.
std::vector<std::string> supabase_order(const std::vector<FileEntry>& files);

/// Reads all of them. Throws Failure::corrupt where one is not whole.
SupabaseContent read_supabase_files(
    const std::filesystem::path& folder,
    const SupabaseFiles& files,
    const OnRead& on_read,
    const OnFile& read
);

/// What such files may lack, and nobody can tell.
std::vector<SkippedPart> unproven_of(const SupabaseContent& content);
/// What no file of a project holds, whoever made it.
std::vector<NotHeld> not_held_of_any_project();
/// What these do not hold.
std::vector<NotHeld> not_held_by(const SupabaseContent& content);

}  // namespace backupwatch
