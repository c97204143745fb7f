#pragma once
#include "core/backup/manifest.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// What was found in the restored database; filled by the drill, judged by `verify`.
struct RestoredContent {
    struct Table {
        Rows rows;
        bool hashed = true;  ///< false: only counted
    };
    struct Sequence {
        std::string name;
        std::int64_t value = 0;
    };
    std::map<std::string, Table>
        tables;  ///< by TableContent::name, or by root where rows were loaded through it
    std::optional<Rows> large_objects;
    std::vector<Sequence> sequences;
    std::vector<SchemaObject> schema;
    std::vector<std::string> invalid_indexes;
    std::vector<std::string> invalid_constraints;
    /// Tables with values that are written as the session has it (a currency), which for a dump of
    /// another tool nobody knows; by TableContent::name.
    std::set<std::string> session_dependent;
    /// With times, of which TableContent::has_offsets knows more; likewise.
    std::set<std::string> zone_dependent;
    std::set<std::string> bytes_dependent;  ///< with bytes, likewise: perhaps_escaped()
    int server_version = 0;
};

struct VerifyPolicy {
    bool rows = true;
    bool content = true;
    std::map<std::string, std::vector<std::string>>
        tables;  ///< that must be there, with these columns
};

struct VerifiedTable {
    std::string name;
    std::uint64_t expected_rows = 0;
    std::uint64_t rows = 0;
    std::string expected_hash;
    std::string hash;
    bool ok = false;
    bool compared = false;  ///< its count or its hash
};

struct VerifiedCheck {
    std::string name;
    bool ok = false;
    std::string detail;
};

struct SkippedPart {
    std::string what;
    std::string why;
    bool of_platform = false;  ///< Manifest::not_held, or only to be had where the source runs
};

/// errors: what failed, the worst first, each one sentence such as
/// `public.posts: 41 of 1200 rows missing`. Passed means that errors is empty.
struct Verification {
    std::vector<VerifiedTable> tables;
    std::vector<VerifiedCheck> checks;
    std::vector<SkippedPart> skipped;
    std::vector<std::string> errors;
};

/// Tables with bytes, whose content is another than the file's: its session may have written them
/// in the other of their two forms, in which they are read back once more. Whole roots.
std::vector<TableContent> perhaps_escaped(
    const Manifest& expected, const RestoredContent& restored
);
/// As they were read back then (`escaped`), where that is what the file holds.
void take_escaped(
    RestoredContent& restored,
    const Manifest& expected,
    const std::map<std::string, RestoredContent::Table>& escaped
);

/// Pure: the restored database against the manifest. Rows are compared where they were loaded (the
/// partition root, where it says so). Definitions are compared only between servers of one major
/// version: another one may word them differently; names always are. What the restored database
/// holds beyond that is no error. What the backup does not hold is among what is skipped. A
/// constraint that the source itself never validated (`NOT VALID` in its definition) need not be
/// valid here.
Verification verify(
    const Manifest& expected, const RestoredContent& restored, const VerifyPolicy& policy
);

}  // namespace backupwatch
