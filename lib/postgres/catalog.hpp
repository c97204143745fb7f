#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/time/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backupwatch {

class Connection;

// All of these want a session that was opened with faithful_settings(): names in definitions are
// qualified only where the search_path is empty. They read PostgreSQL 12 to 18, the source and the
// restored database alike, and none of them can fail a transaction that it runs in, unless the
// role lacks a right.

/// Settings of a session whose values, as text, mean the same on every server: search_path empty,
/// TimeZone UTC, DateStyle ISO, IntervalStyle postgres, extra_float_digits 3, bytea_output hex,
/// row_security off (a role that can't see every row is an error, never an empty table). No time
/// limit of the server's: ours hold; the caller adds a lock_timeout. lc_monetary stays the
/// database's and is in Manifest::settings.
std::vector<std::pair<std::string, std::string>> faithful_settings();

/// A table whose rows pg_dump takes: ordinary, not temporary, not a system's; of an extension's
/// only the configuration tables, with their filter.
struct DumpedTable {
    std::string schema;                ///< unquoted
    std::string name;                  ///< unquoted
    std::string quoted;                ///< schema.name, each as quote_identifier() writes it
    std::vector<std::string> columns;  ///< not generated, in order, unquoted
    std::string filter;
    std::uint64_t bytes = 0;  ///< pg_table_size
};

/// Schemas that a dump leaves out, unquoted.
using SchemaNames = std::vector<std::string>;

Task<std::vector<DumpedTable>> dumped_tables(
    Connection& connection, Duration limit, const SchemaNames& left_out = {}
);
/// `COPY (SELECT columns FROM ONLY table filter) TO STDOUT` in the encoding that the dump is in
/// (Manifest::encoding), whatever the session's.
std::string copy_query(const TableContent& table, std::string_view encoding);
/// Where the rows of the table are found again. Those loaded through a root may lie in any leaf
/// that was loaded through it, so that all of these are read, in this table's order of columns. Not
/// the root: it may have leaves of their own, and foreign ones on a server that is not there.
std::string copy_query(const TableContent& table, const Manifest& manifest);

/// Of the tables whose rows extensions ask a dump to have, which rows: `WHERE ...` by quoted name.
Task<std::vector<std::pair<std::string, std::string>>> extension_filters(
    Connection& connection, Duration limit
);

/// Of the queues of pgmq, though they be its members, what schema_objects() says of others; with
/// what is of no table.
Task<std::vector<SchemaObject>> queue_objects(Connection& connection, Duration limit);

/// What the schema holds, extensions' members left out: schemas, tables, columns, valid indexes,
/// constraints, statistics, views, rules, functions, triggers, policies, types, sequences, event
/// triggers, publications. Sorted. Works the same on the source and on the restored database; what
/// a restore may change (owners, rights, comments, order of columns, tablespaces) is not in it.
Task<std::vector<SchemaObject>> schema_objects(
    Connection& connection, Duration limit, const SchemaNames& left_out = {}
);
/// Of those, tables, columns, policies and materialized views alone, and of each definition its
/// end: the rest is as long as whoever wrote a dump of somebody else's likes.
Task<std::vector<SchemaObject>> named_objects(Connection& connection, Duration limit);
/// Quoted names. Of a partitioned index, which a dump keeps invalid, the parts are looked at.
Task<std::vector<std::string>> invalid_indexes(Connection& connection, Duration limit);
/// `schema.table.constraint` of those that say NOT VALID.
Task<std::vector<std::string>> invalid_constraints(Connection& connection, Duration limit);
/// Tables with a column whose text depends on the session that writes it (its currency), be it in
/// an array, a range or a composite type. `with_floats`: these as well.
Task<std::vector<std::string>> session_dependent_tables(
    Connection& connection, bool with_floats, Duration limit
);
/// Likewise on its time zone.
Task<std::vector<std::string>> zone_dependent_tables(Connection& connection, Duration limit);
/// Likewise on how it writes bytes.
Task<std::vector<std::string>> bytes_dependent_tables(Connection& connection, Duration limit);
/// name -> last_value, of every sequence that pg_dump takes, sorted by name; without those whose
/// names, as given here, are among `excluded`.
Task<std::vector<std::pair<std::string, std::int64_t>>> sequence_values(
    Connection& connection,
    Duration limit,
    const SchemaNames& left_out = {},
    const std::vector<std::string>& excluded = {}
);
Task<std::vector<ExtensionVersion>> extensions(Connection& connection, Duration limit);
Task<std::uint64_t> large_object_count(Connection& connection, Duration limit);
/// Fills server_version, database_name, system_identifier, database_size, encoding, locale,
/// settings.
Task<> describe_server(Connection& connection, Manifest& manifest, Duration limit);

}  // namespace backupwatch
