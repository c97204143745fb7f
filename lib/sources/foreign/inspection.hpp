#pragma once
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"
#include "sources/foreign/file_bytes.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// What another tool's dump is: pg_dump's three archives, or SQL of pg_dump or pg_dumpall.
/// `supabase`: the files of `supabase db dump`, in a folder.
enum class DumpForm { custom, tar, directory, plain, supabase };

/// A dump that was read to its end.
struct InspectedDump {
    DumpForm form = DumpForm::plain;
    Compression compression = Compression::none;  ///< of a plain file as a whole
    /// What it holds, counted and hashed; Manifest::is_from_file. `files` are those that were read.
    Manifest manifest;
    /// Of a plain file that makes its databases itself: the one that is looked at. Empty: it is
    /// loaded into one that is there.
    std::string makes_database;
    std::vector<std::string> other_databases;  ///< that it holds as well
    /// Of a plain file: the databases that it has psql connect to, in its order.
    std::vector<std::string> connects;
    std::vector<SkippedPart> unproven;  ///< what it may lack, as it says itself
    /// Tables of which policies may have hidden rows, or all of them, in a file that was made with
    /// row security on.
    std::set<std::string> perhaps_hidden;
    /// The roles that it names, and does not make itself.
    std::set<std::string> roles;
    /// Of a file that makes them not: what is run before it, since the platform has it everywhere.
    std::vector<std::string> prelude;
    std::optional<Instant> begun_by;  ///< it was begun then or earlier, whatever its date
    /// Of its bytes as psql reads them, where they hold no date: see DatedDump. Else empty.
    std::string sql_sha256;
    bool is_unique = false;        ///< by a key that pg_dump drew: no other dump has its bytes
    std::optional<Instant> since;  ///< DatedDump::since
    /// Its files lie among others in the watched folder, and it is called like one of them.
    bool lies_among_others = false;

    /// Where its files lie, of a dump at this path.
    std::filesystem::path folder_at(const std::filesystem::path& path) const {
        return lies_among_others ? path.parent_path() : path;
    }
};

struct InspectionOptions {
    std::string database;   ///< the configuration's name of it
    std::string connected;  ///< PostgreSQL's name of it, or empty
    OnRead on_read{};
};

/// Reads all of it. Blocking, at the speed of the disk. Throws Failure::corrupt where it is no
/// dump, or not a whole one; missing where it cannot be looked into here.
InspectedDump inspect(const std::filesystem::path& path, const InspectionOptions& options);

}  // namespace backupwatch
