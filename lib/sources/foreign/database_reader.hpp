#pragma once
#include "core/backup/manifest.hpp"
#include "core/failure.hpp"
#include "postgres/archive.hpp"
#include "postgres/row_hash.hpp"
#include "postgres/sql_reader.hpp"
#include "sources/foreign/held.hpp"
#include "sources/foreign/offset_finder.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backupwatch {

/// What a file says of one database.
struct DatabaseContent {
    std::string name;  ///< in PostgreSQL; empty: the file does not say
    std::vector<TableContent> tables;
    std::vector<SequenceRange> sequences;
    std::vector<std::string> extensions;  ///< unquoted
    std::set<std::string> made_tables;    ///< by CREATE TABLE, but for those
    /// Of them: the file has rows of others, and nothing of these, not even that they are empty.
    std::vector<std::string> without_rows;
    /// Of a file of INSERTs, which has none for a table that is empty, and none where its rows were
    /// left out.
    std::vector<std::string> without_inserts;
    std::set<std::string> partitioned;           ///< tables that hold no rows of their own
    std::map<std::string, std::string> parents;  ///< of parts of those, at once above them
    std::string encoding;                        ///< PostgreSQL's name for it, or empty
    std::optional<Rows> large_objects;
    bool says_row_security = false;  ///< whether row security was on
    bool has_row_security = false;   ///< it was: what the role might not see is not in it
    std::set<std::string> secured;   ///< tables with row security
    bool has_other_objects = false;  ///< views, functions: it may be whole without any table
    /// As the database was made; empty: the file does not say.
    std::string collate;
    std::string ctype;
    std::string locale_provider;
    std::string icu_locale;
};

/// Of a COPY that cannot be read. Failure::missing where pg_dump before 12 wrote it, of rows with
/// OIDs; any other is damage, since no pg_dump writes one.
Failure unknown_copy(std::string_view statement);

/// Collects what statements and rows say of one database. Bounded, whatever they say: throws
/// Failure::missing where it would be more than fits.
class DatabaseReader {
  public:
    /// `held` is what is kept of others already.
    explicit DatabaseReader(std::string name, std::size_t held = 0) : held_(held) {
        content_.name = std::move(name);
    }
    /// All that is kept, also by whoever reads around this one.
    Held& held() { return held_; }

    /// One that COPY loads: its rows come by rows(), until end_rows().
    void begin_rows(const CopyTarget& target, int dump_id);
    void rows(std::string_view piece);
    /// Throws Failure::corrupt where the end mark did not come.
    void end_rows();
    bool has_begun_rows() const { return !copying_.empty(); }

    /// Names without a schema are of this one from now on, as pg_dump before 10.3 wrote them.
    void in_schema(std::string schema) { schema_ = std::move(schema); }
    const std::string& schema() const { return schema_; }
    /// The statement by which the database is made.
    void made_by(std::string_view create_database);

    /// Any other one.
    void statement(const SqlStatement& statement, int dump_id);
    void add_large_objects(const Rows& rows);

    const DatabaseContent& content() const { return content_; }
    /// Rows that are loaded through a partition root are that root's.
    DatabaseContent finish();

  private:
    TableContent& table(std::string_view name, int dump_id);
    std::string full_name(std::string_view name) const;
    void note_made(std::string_view rest, bool is_partitioned);
    void note_altered(std::string_view rest);
    void note_tables_without_rows();
    void note_part(const std::string& part, const std::string& parent);

    DatabaseContent content_;
    Held held_;
    std::string schema_;
    std::map<std::string, std::size_t, std::less<>> indexes_;
    std::string copying_;  ///< the table
    std::uint64_t copied_bytes_ = 0;
    std::optional<CopyHasher> hasher_;
    OffsetFinder offsets_;
};

}  // namespace backupwatch
