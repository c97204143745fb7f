#pragma once
#include "core/time/time.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// The rows of a table as COPY text writes them: how many, and the sum modulo 2^128 of their
/// 128-bit hashes. Independent of order; a duplicated row counts (an XOR would cancel it); the
/// parts of a table add up to the table.
struct Rows {
    std::uint64_t count = 0;
    std::uint64_t hash_high = 0;
    std::uint64_t hash_low = 0;

    Rows& operator+=(const Rows& other);
    friend bool operator==(const Rows&, const Rows&) = default;
};
/// 32 lower-case hexadecimal digits.
std::string hash_text(const Rows& rows);
/// The hash of `text`, with this count; nothing if it is not 32 lower-case hexadecimal digits.
std::optional<Rows> parse_rows(std::uint64_t count, std::string_view text);

/// What a dump holds of one table. `name` is `schema.table`, each part quoted as PostgreSQL quotes
/// it (format('%I')), `public.` kept.
struct TableContent {
    std::string name;
    std::vector<std::string> columns;  ///< those that COPY writes, in its order, unquoted
    std::string filter;                ///< of an extension's table: its `WHERE ...`, else empty
    std::string root;  ///< where pg_restore loads it: its partition root (a hash partition over an
                       ///< enum, --load-via-partition-root), which may be itself; else empty
    Rows rows;
    bool is_hashed = true;  ///< false: only counted, as they stand there as INSERTs
    /// Of a file: an extension made it, and says in the restored database which rows are no part of
    /// itself.
    bool is_of_extension = false;
    std::uint64_t bytes = 0;  ///< of COPY text
    int dump_id = 0;          ///< its entry in the archive's table of contents
    std::string file;         ///< in the dump's folder, below `archive/`
    /// Of a file: a time in it has another offset than UTC's, as a session of another time zone
    /// writes it.
    bool has_offsets = false;
};

/// Something that the schema holds, with the text that PostgreSQL itself gives for it. A table is
/// named as in TableContent, a column `schema.table.column`, its definition holding type, NOT NULL
/// and default. Of the schema only what was dumped: nothing of excluded tables.
struct SchemaObject {
    std::string kind;  ///< table | column | index | constraint | view | function | trigger | policy
                       ///< | type | ...
    std::string name;  ///< quoted, unique within its kind
    std::string definition;

    friend auto operator<=>(const SchemaObject&, const SchemaObject&) = default;
};

/// A sequence is not in a snapshot: its restored value must lie between the two, both included.
struct SequenceRange {
    std::string name;
    std::int64_t before = 0;
    std::int64_t after = 0;
};

struct ExtensionVersion {
    std::string name;
    std::string version;
    std::string schema;
};

struct Setting {
    std::string name;
    std::string value;
};

/// Of the database's platform, or kept by it: what no dump can hold, or holds to no use.
struct NotHeld {
    std::string what;
    std::string why;  ///< and what to do about it
};

/// A queue of pgmq's, tables of which belong to that extension: pg_dump leaves those out.
struct UndumpedQueue {
    std::string name{};                     ///< `mails`
    std::vector<std::string> members{};     ///< `TABLE pgmq.q_mails`
    std::optional<std::uint64_t> messages;  ///< in those tables; none: nobody could count them
};

/// A file of the dump's folder, but the manifest itself.
struct FileEntry {
    std::string path;            ///< below the folder, with `/`
    std::uint64_t size = 0;      ///< as it lies there
    std::uint64_t raw_size = 0;  ///< of what a `.zst` holds; of another file, its size
    std::string sha256;          ///< 64 hexadecimal digits, of the file as it lies there

    friend bool operator==(const FileEntry&, const FileEntry&) = default;
};

/// What was in the database when a dump was taken, and what was dumped.
struct Manifest {
    int format = 1;
    /// Nobody looked into the source as another tool made it: this is what the file itself holds.
    bool is_from_file = false;
    std::string id;
    std::string tool;      ///< backupwatch and pg_dump, with their versions
    std::string database;  ///< the configuration's name of it
    std::string label;
    std::optional<Instant> keep_until;
    Instant started_at;
    Instant finished_at;

    int server_version = 0;           ///< 150020
    int dump_version = 0;             ///< of pg_dump, likewise
    std::string database_name;        ///< in PostgreSQL
    std::string system_identifier;    ///< empty where the role may not see it
    std::uint64_t database_size = 0;  ///< pg_database_size(), bytes
    std::string encoding;
    std::string collate;
    std::string ctype;
    std::string locale_provider;  ///< c | i | b
    std::string icu_locale;
    std::vector<Setting> settings;  ///< those that change how values are written as text

    std::vector<TableContent> tables;
    std::optional<Rows> large_objects;  ///< rows of `oid<TAB>sha256-hex`; none: no large object
    std::vector<SequenceRange> sequences;
    std::vector<ExtensionVersion> extensions;
    std::vector<SchemaObject> schema;
    std::vector<std::string> excluded_tables;
    bool is_of_supabase = false;  ///< of a project of Supabase's: parts of it are the platform's
    std::vector<NotHeld> not_held;
    std::vector<UndumpedQueue> undumped_queues;  ///< each is in not_held, too
    std::vector<FileEntry> files;
};

}  // namespace backupwatch
