#pragma once
#include "core/backup/manifest.hpp"
#include "postgres/archive.hpp"
#include "postgres/row_hash.hpp"
#include "postgres/sql_reader.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What a file says of one database.
struct DatabaseContent {
    std::string name;  ///< in PostgreSQL; empty: the file does not say
    std::vector<TableContent> tables;
    std::vector<SequenceRange> sequences;
    std::vector<std::string> extensions;
    std::size_t made_tables = 0;        ///< by CREATE TABLE, but for those
    std::set<std::string> partitioned;  ///< tables that hold no rows of their own
    std::string encoding;               ///< PostgreSQL's name for it, or empty
    std::optional<Rows> large_objects;
    bool has_uncounted_objects = false;  ///< large objects, of which only statements are known
};

/// Collects what statements and rows say of one database.
class DatabaseReader {
  public:
    explicit DatabaseReader(std::string name) { content_.name = std::move(name); }

    /// One that COPY loads: its rows come by rows(), until end_rows().
    void begin_rows(const CopyTarget& target, int dump_id);
    void rows(std::string_view piece);
    /// Throws Failure::corrupt where the end mark did not come.
    void end_rows();
    bool has_begun_rows() const { return !copying_.empty(); }

    /// Any other one.
    void statement(std::string_view sql, int dump_id);
    void add_large_objects(const Rows& rows);

    const DatabaseContent& content() const { return content_; }
    /// Rows that are loaded through a partition root are that root's.
    DatabaseContent finish();

  private:
    TableContent& table(std::string_view name, int dump_id);

    DatabaseContent content_;
    std::map<std::string, std::size_t, std::less<>> indexes_;
    std::string copying_;  ///< the table
    std::uint64_t copied_bytes_ = 0;
    std::optional<CopyHasher> hasher_;
};

/// A plain file as it is read: of pg_dump, or of pg_dumpall, which has several databases.
class PlainReader final : public SqlSink {
  public:
    void statement(std::string_view sql) override;
    void copy_data(std::string_view piece) override;
    void copy_end() override;
    /// Throws Failure::corrupt for any that pg_dump does not write: psql would run it.
    void psql_command(std::string_view line) override;
    void comment(std::string_view line) override;

    /// Throws Failure::corrupt where it is no dump of pg_dump or pg_dumpall, or not a whole one.
    std::vector<DatabaseContent> finish();
    int server_version() const { return server_version_; }
    int dump_version() const { return dump_version_; }
    bool is_of_cluster() const { return is_of_cluster_; }
    /// That its statements name: of owners, rights and policies.
    const std::set<std::string>& roles() const { return roles_; }

  private:
    DatabaseReader& database();

    void note_roles(std::string_view sql);

    std::vector<DatabaseReader> databases_;
    std::set<std::string> roles_;
    int server_version_ = 0;
    int dump_version_ = 0;
    bool is_of_cluster_ = false;
    bool has_begun_ = false;
    int open_ = 0;  ///< dumps that began and are not complete
};

}  // namespace backupwatch
