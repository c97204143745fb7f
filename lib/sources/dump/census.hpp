#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/secret.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/rights.hpp"
#include "sources/dump/exclusions.hpp"
#include "sources/dump/reconciliation.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What the source says of itself, in one snapshot that pg_dump shares: the second witness of a
/// dump. Production is only read. Every verb throws Failure.
class Census {
  public:
    struct Options {
        Secret url;
        std::vector<std::string> exclude_tables;
        bool is_of_supabase = false;  ///< then the platform's schemas are left out
        Duration lock_timeout{};
        Duration limit{};
    };

    /// Opens the snapshot and reads everything but the rows. A role that can't see every row of
    /// every table is Failure::denied, with the sentence that says which; but of a project's what
    /// is not the user's is left out, and named in the manifest.
    static Task<Census> open(Options options);

    const std::string& snapshot() const { return snapshot_; }
    const Partition& tables() const { return tables_; }
    /// What pg_dump is told to leave out.
    const std::vector<std::string>& exclusion_patterns() const { return exclusion_patterns_; }
    const SchemaNames& left_out_schemas() const { return left_out_; }
    /// What the server, the schema and the sequences are before the dump.
    const Manifest& manifest() const { return manifest_; }
    std::uint64_t large_objects() const { return large_objects_; }
    /// A database or role can have bytea_output set to what no comparison expects.
    bool writes_bytea_as_hex() const { return bytea_as_hex_; }

    /// The exact number of rows of each dumped table.
    Task<std::vector<CountedTable>> count_rows();
    /// The roles, as SQL of our own: in the snapshot, and where pg_dumpall may not read them.
    Task<std::string> roles_as_sql();
    /// The ranges of the sequences, now that the dump is over.
    Task<std::vector<SequenceRange>> end_sequences();

  private:
    Task<> begin();
    Task<> read_server();
    Task<> read_tables();
    Task<> read_schema();
    Task<> require_every_row();
    void leave_out(const std::vector<HiddenRelation>& relations);
    Task<> note_what_is_not_held();
    Task<QueryResult> query(std::string sql);

    Options options_;
    SchemaNames left_out_;
    std::unique_ptr<Connection> connection_;
    std::string snapshot_;
    Partition tables_;
    std::vector<DumpedTable> unreadable_tables_;  ///< of a project's, which are not dumped
    std::vector<std::string> exclusion_patterns_;
    Manifest manifest_;
    std::uint64_t large_objects_ = 0;
    bool bytea_as_hex_ = true;
};

}  // namespace backupwatch
