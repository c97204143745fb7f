#include "sources/foreign/database_reader.hpp"

#include "core/backup/identifier.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "postgres/sql_reader.hpp"
#include "sources/foreign/byte_stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace backupwatch {
namespace {

/// `public."My table"` from the front of what follows `INSERT INTO ` and the like.
std::string_view name_at(std::string_view text) {
    bool is_quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '"') is_quoted = !is_quoted;
        if (!is_quoted && std::string_view(" (;,\r\n\t").find(text[at]) != std::string_view::npos) {
            return text.substr(0, at);
        }
    }
    return text;
}

/// `'it''s'` without its quotes; takes it from the front.
std::optional<std::string> take_literal(std::string_view& text) {
    if (!take_prefix(text, "'")) return std::nullopt;
    std::string value;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\'') {
            value += text[at];
            continue;
        }
        if (at + 1 < text.size() && text[at + 1] == '\'') {
            value += text[at++];
            continue;
        }
        text.remove_prefix(at + 1);
        return value;
    }
    return std::nullopt;
}

/// The text of ` KEY = 'text'`, or empty.
std::string option_of(std::string_view sql, std::string_view key) {
    const std::string before = " " + std::string(key) + " = ";
    const auto at = sql.find(before);
    if (at == std::string_view::npos) return {};
    sql.remove_prefix(at + before.size());
    if (auto text = take_literal(sql)) return std::move(*text);
    return std::string(sql.substr(0, sql.find_first_of(" ;\r\n")));
}

/// Without which a database that has no table would be no database of anybody.
bool makes_other_object(std::string_view sql) {
    constexpr std::array beginnings{
        "CREATE VIEW ",
        "CREATE OR REPLACE VIEW ",
        "CREATE MATERIALIZED VIEW ",
        "CREATE FUNCTION ",
        "CREATE OR REPLACE FUNCTION ",
        "CREATE FOREIGN TABLE "};
    return std::ranges::any_of(beginnings, [&](const char* beginning) {
        return sql.starts_with(beginning);
    });
}

}  // namespace

/// With its schema, and however it is quoted there.
std::string DatabaseReader::full_name(std::string_view name) const {
    auto parts = identifier_parts(bounded_name(name));
    if (parts.size() == 1 && !schema_.empty()) parts.insert(parts.begin(), schema_);
    return plainly_quoted(parts);
}

void DatabaseReader::made_by(std::string_view create_database) {
    std::string_view sql = create_database;
    if (!take_prefix(sql, "CREATE DATABASE ")) return;
    sql.remove_prefix(name_at(sql).size());
    content_.collate = content_.ctype = option_of(sql, "LOCALE");
    if (auto collate = option_of(sql, "LC_COLLATE"); !collate.empty()) content_.collate = collate;
    if (auto ctype = option_of(sql, "LC_CTYPE"); !ctype.empty()) content_.ctype = ctype;
    content_.icu_locale = option_of(sql, "ICU_LOCALE");
    if (content_.icu_locale.empty()) content_.icu_locale = option_of(sql, "BUILTIN_LOCALE");
    const std::string provider = option_of(sql, "LOCALE_PROVIDER");
    content_.locale_provider = provider.substr(0, 1) == "l" ? "c" : provider.substr(0, 1);
}

TableContent& DatabaseReader::table(std::string_view name, int dump_id) {
    const auto known = indexes_.find(name);
    if (known != indexes_.end()) return content_.tables[known->second];
    indexes_.emplace(name, content_.tables.size());
    TableContent& made = content_.tables.emplace_back();
    made.name = name;
    made.dump_id = dump_id;
    held_.add(sizeof made + 2 * (name.size() + held_by_name));
    return made;
}

Failure unknown_copy(std::string_view statement) {
    constexpr std::string_view with_oids = " WITH OIDS";
    std::string without(statement);
    const auto at = without.rfind(std::string(with_oids) + " FROM stdin;");
    const bool has_oids = at != std::string::npos;
    if (has_oids) without.erase(at, with_oids.size());
    // Those before 10.3 name no schema.
    if (has_oids && parse_copy_statement(without, "public")) {
        return {
            Failure::Kind::missing,
            "its rows have OIDs (--oids, until pg_dump 11), and are not counted here"};
    }
    // Behind a quote that is damaged stand rows, which are nobody's to see.
    const auto shown = statement.substr(0, statement.find_first_of("(;\t\n")).substr(0, 140);
    return {Failure::Kind::corrupt, "it has a COPY that no pg_dump writes: " + std::string(shown)};
}

void DatabaseReader::begin_rows(const CopyTarget& target, int dump_id) {
    copying_ = full_name(target.text);
    copied_bytes_ = 0;
    hasher_.emplace();
    offsets_ = OffsetFinder();
    TableContent& content = table(copying_, dump_id);
    if (!content.columns.empty()) return;
    content.columns = target.columns;
    for (const std::string& column : content.columns) held_.add(sizeof column + column.size());
}

void DatabaseReader::rows(std::string_view piece) {
    copied_bytes_ += piece.size();
    hasher_->add(piece);
    offsets_.add(piece);
}

void DatabaseReader::end_rows() {
    if (!hasher_->ended()) throw_corrupt("the rows of " + copying_ + " are cut short");
    TableContent& content = table(copying_, 0);
    content.rows += hasher_->rows();
    content.bytes += copied_bytes_;
    content.has_offsets = content.has_offsets || offsets_.found();
    copying_.clear();
    hasher_.reset();
}

/// `public.log (...`, behind CREATE TABLE.
void DatabaseReader::note_made(std::string_view rest, bool is_partitioned) {
    take_prefix(rest, "IF NOT EXISTS ");
    const std::string_view given = name_at(rest);
    rest.remove_prefix(given.size());
    std::string name = full_name(given);
    // Once more where it turns out to have no rows.
    for (int i = 0; i < 2; ++i) held_.add_name(name);
    // As pg_dump 10 wrote it; since then they are attached.
    if (take_prefix(rest, " PARTITION OF ")) note_part(name, full_name(name_at(rest)));
    (is_partitioned ? content_.partitioned : content_.made_tables).insert(std::move(name));
}

void DatabaseReader::note_part(const std::string& part, const std::string& parent) {
    held_.add_name(part);
    held_.add_name(parent);
    content_.parents[part] = parent;
}

/// `ONLY public.log ATTACH PARTITION public.log_1 ...`, behind ALTER TABLE.
void DatabaseReader::note_altered(std::string_view rest) {
    take_prefix(rest, "ONLY ");
    const std::string_view given = name_at(rest);
    rest.remove_prefix(given.size());
    const bool is_secured = rest.starts_with(" ENABLE ROW LEVEL SECURITY");
    const bool is_attached = take_prefix(rest, " ATTACH PARTITION ");
    if (!is_secured && !is_attached) return;
    const std::string name = full_name(given);
    if (is_attached) return note_part(full_name(name_at(rest)), name);
    held_.add_name(name);
    content_.secured.insert(name);
}

void DatabaseReader::statement(const SqlStatement& statement, int dump_id) {
    const std::string_view sql = statement.text;
    std::string_view rest = sql;
    if (take_prefix(rest, "INSERT INTO ")) {
        TableContent& content = table(full_name(name_at(rest)), dump_id);
        content.rows.count += statement.inserted_rows;
        content.bytes += statement.size;
        content.is_hashed = false;
    } else if (take_prefix(rest, "SELECT pg_catalog.setval(")) {
        auto name = take_literal(rest);
        std::int64_t value = 0;
        if (!name || !take_prefix(rest, ", ")) return;
        const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (read.ec != std::errc()) return;
        content_.sequences.push_back({full_name(*name), value, value});
        held_.add(sizeof(SequenceRange));
        held_.add_name(content_.sequences.back().name);
    } else if (take_prefix(rest, "CREATE EXTENSION ")) {
        take_prefix(rest, "IF NOT EXISTS ");
        content_.extensions.push_back(identifier_parts(bounded_name(name_at(rest))).front());
        held_.add_name(content_.extensions.back());
    } else if (take_prefix(rest, "CREATE TABLE ") || take_prefix(rest, "CREATE UNLOGGED TABLE ")) {
        note_made(rest, sql.find("\nPARTITION BY ") != std::string_view::npos);
    } else if (take_prefix(rest, "ALTER TABLE ")) {
        note_altered(rest);
    } else if (take_prefix(rest, "SET client_encoding = ")) {
        if (const auto encoding = take_literal(rest)) content_.encoding = bounded_name(*encoding);
    } else if (take_prefix(rest, "SET search_path = ")) {
        in_schema(identifier_parts(bounded_name(name_at(rest))).front());
    } else if (take_prefix(rest, "SET row_security = ")) {
        content_.says_row_security = true;
        content_.has_row_security = content_.has_row_security || rest == "on";
    } else if (makes_other_object(sql)) {
        content_.has_other_objects = true;
    }
}

void DatabaseReader::add_large_objects(const Rows& rows) {
    if (!content_.large_objects) content_.large_objects.emplace();
    *content_.large_objects += rows;
}

/// A table has a COPY even where it is empty, and INSERTs only for the rows that it has.
void DatabaseReader::note_tables_without_rows() {
    const bool has_inserts = std::ranges::any_of(content_.tables, [](const TableContent& table) {
        return !table.is_hashed;
    });
    for (const std::string& name : content_.made_tables) {
        if (indexes_.find(name) != indexes_.end()) continue;
        if (has_inserts) {
            table(name, 0).is_hashed = false;
            content_.without_inserts.push_back(name);
        } else {
            content_.without_rows.push_back(name);
        }
    }
}

DatabaseContent DatabaseReader::finish() {
    const bool has_schema = !content_.made_tables.empty() || !content_.partitioned.empty();
    if (!has_schema && !content_.tables.empty()) {
        throw_corrupt("it holds rows alone: no table that they could be restored to");
    }
    if (!content_.made_tables.empty() && content_.tables.empty()) {
        throw_corrupt(
            "it holds the schema alone: no rows of its " +
            counted(content_.made_tables.size(), "table")
        );
    }
    note_tables_without_rows();
    for (TableContent& table : content_.tables) {
        const bool is_root = content_.partitioned.count(table.name) > 0;
        if (is_root) table.root = table.name;
        // Nothing else in the file makes it.
        table.is_of_extension =
            !is_root && !content_.extensions.empty() && content_.made_tables.count(table.name) == 0;
    }
    return std::move(content_);
}

}  // namespace backupwatch
