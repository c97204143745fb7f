#include "sources/foreign/database_reader.hpp"

#include "core/backup/identifier.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "postgres/sql_reader.hpp"
#include "sources/foreign/byte_stream.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace backupwatch {
namespace {

/// `public."My table"` from the front of what follows `INSERT INTO ` and the like.
std::string_view name_at(std::string_view text) {
    bool is_quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '"') is_quoted = !is_quoted;
        if (!is_quoted && std::string_view(" (;,\n\t").find(text[at]) != std::string_view::npos) {
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

}  // namespace

TableContent& DatabaseReader::table(std::string_view name, int dump_id) {
    const auto known = indexes_.find(name);
    if (known != indexes_.end()) return content_.tables[known->second];
    indexes_.emplace(name, content_.tables.size());
    TableContent& made = content_.tables.emplace_back();
    made.name = name;
    made.dump_id = dump_id;
    return made;
}

void DatabaseReader::begin_rows(const CopyTarget& target, int dump_id) {
    copying_ = target.text;
    copied_bytes_ = 0;
    hasher_.emplace();
    TableContent& content = table(copying_, dump_id);
    if (content.columns.empty()) content.columns = target.columns;
}

void DatabaseReader::rows(std::string_view piece) {
    copied_bytes_ += piece.size();
    hasher_->add(piece);
}

void DatabaseReader::end_rows() {
    if (!hasher_->ended()) throw_corrupt("the rows of " + copying_ + " are cut short");
    TableContent& content = table(copying_, 0);
    content.rows += hasher_->rows();
    content.bytes += copied_bytes_;
    copying_.clear();
    hasher_.reset();
}

void DatabaseReader::statement(std::string_view sql, int dump_id) {
    std::string_view rest = sql;
    if (take_prefix(rest, "INSERT INTO ")) {
        TableContent& content = table(name_at(rest), dump_id);
        content.rows.count += inserted_rows(sql);
        content.bytes += sql.size();
        content.is_hashed = false;
    } else if (take_prefix(rest, "SELECT pg_catalog.setval(")) {
        auto name = take_literal(rest);
        std::int64_t value = 0;
        if (!name || !take_prefix(rest, ", ")) return;
        const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (read.ec != std::errc()) return;
        content_.sequences.push_back({std::move(*name), value, value});
    } else if (take_prefix(rest, "CREATE EXTENSION ")) {
        take_prefix(rest, "IF NOT EXISTS ");
        content_.extensions.push_back(identifier_parts(name_at(rest)).front());
    } else if (take_prefix(rest, "CREATE TABLE ") || take_prefix(rest, "CREATE UNLOGGED TABLE ")) {
        const bool is_partitioned = sql.find("\nPARTITION BY ") != std::string_view::npos;
        if (is_partitioned) content_.partitioned.emplace(name_at(rest));
        if (!is_partitioned) content_.made_tables.emplace(name_at(rest));
    } else if (take_prefix(rest, "SET client_encoding = ")) {
        if (auto encoding = take_literal(rest)) content_.encoding = std::move(*encoding);
    } else if (sql == "SET row_security = on") {
        content_.has_row_security = true;
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
        if (content_.partitioned.count(table.name) > 0) table.root = table.name;
    }
    return std::move(content_);
}

}  // namespace backupwatch
