#include "sources/foreign/content.hpp"

#include "core/backup/identifier.hpp"
#include "core/failure.hpp"
#include "core/words.hpp"
#include "postgres/roles.hpp"
#include "sources/foreign/byte_stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace backupwatch {
namespace {

bool take_front(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

std::string_view until(std::string_view text, std::string_view letters) {
    return text.substr(0, text.find_first_of(letters));
}

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
    if (!take_front(text, "'")) return std::nullopt;
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

/// Of `15.18 (Debian ...)`: 150018.
int version_number(std::string_view text) {
    std::array<int, 2> parts{};
    for (int& part : parts) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
        if (error != std::errc() || part < 0 || part > 999) break;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (!take_front(text, ".")) break;
    }
    return parts[0] >= 10 ? parts[0] * 10000 + parts[1] : parts[0] * 10000 + parts[1] * 100;
}

/// The database of `\connect shop`, `\connect "My shop"` and `\connect -reuse-previous=on
/// "dbname='my shop'"`, as pg_dump and pg_dumpall write it. Nothing for any other, which psql might
/// follow to another server.
std::optional<std::string> connected_to(std::string_view rest) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const bool is_conninfo = take_front(rest, "-reuse-previous=on ");
    std::string name(rest);
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
        if (name.find('"') != std::string::npos) return std::nullopt;
    } else if (name.find_first_of(" \t'\"`:\\") != std::string::npos) {
        return std::nullopt;
    }
    if (!is_conninfo) {
        const bool is_name = !name.empty() && name.find('=') == name.npos &&
                             name.find("://") == name.npos && name.front() != '-';
        return is_name ? std::optional(name) : std::nullopt;
    }
    std::string_view value = name;
    if (!take_front(value, "dbname='")) return std::nullopt;
    std::string unquoted;
    while (!value.empty() && value.front() != '\'') {
        take_front(value, "\\");
        if (value.empty()) return std::nullopt;
        unquoted += value.front();
        value.remove_prefix(1);
    }
    return value == "'" ? std::optional(unquoted) : std::nullopt;
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
    if (take_front(rest, "INSERT INTO ")) {
        TableContent& content = table(name_at(rest), dump_id);
        content.rows.count += inserted_rows(sql);
        content.bytes += sql.size();
        content.is_hashed = false;
    } else if (take_front(rest, "SELECT pg_catalog.setval(")) {
        auto name = take_literal(rest);
        std::int64_t value = 0;
        if (!name || !take_front(rest, ", ")) return;
        const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (read.ec != std::errc()) return;
        content_.sequences.push_back({std::move(*name), value, value});
    } else if (take_front(rest, "CREATE EXTENSION ")) {
        take_front(rest, "IF NOT EXISTS ");
        content_.extensions.emplace_back(name_at(rest));
    } else if (take_front(rest, "CREATE TABLE ") || take_front(rest, "CREATE UNLOGGED TABLE ")) {
        const bool is_partitioned = sql.find("\nPARTITION BY ") != std::string_view::npos;
        if (is_partitioned) content_.partitioned.emplace(name_at(rest));
        if (!is_partitioned) ++content_.made_tables;
    } else if (take_front(rest, "SET client_encoding = ")) {
        if (auto encoding = take_literal(rest)) content_.encoding = std::move(*encoding);
    } else if (sql.starts_with("SELECT pg_catalog.lo_create(") || sql.starts_with("SELECT pg_catalog.lo_open(")) {
        content_.has_uncounted_objects = true;
    }
}

void DatabaseReader::add_large_objects(const Rows& rows) {
    if (!content_.large_objects) content_.large_objects.emplace();
    *content_.large_objects += rows;
}

DatabaseContent DatabaseReader::finish() {
    if (content_.made_tables > 0 && content_.tables.empty()) {
        throw_corrupt(
            "it holds the schema alone: no rows of its " + counted(content_.made_tables, "table")
        );
    }
    for (TableContent& table : content_.tables) {
        if (content_.partitioned.count(table.name) > 0) table.root = table.name;
    }
    return std::move(content_);
}

DatabaseReader& PlainReader::database() {
    if (databases_.empty()) databases_.emplace_back("");
    return databases_.back();
}

void PlainReader::statement(std::string_view sql) {
    const auto target = parse_copy_statement(std::string(sql) + ";");
    if (target) return database().begin_rows(*target, 0);
    if (sql.starts_with("COPY ") && sql.find(" FROM stdin") != std::string_view::npos) {
        throw Failure(
            Failure::Kind::missing,
            "it has a COPY without the schema, as pg_dump before 10.3 writes it, which cannot be "
            "counted here",
            "dump with a newer pg_dump."
        );
    }
    note_roles(sql);
    database().statement(sql, 0);
}

/// As of an archive that has this one entry.
void PlainReader::note_roles(std::string_view sql) {
    ArchiveEntry entry;
    const auto owner = sql.rfind(" OWNER TO ");
    if (sql.starts_with("ALTER ") && owner != std::string_view::npos) {
        std::string_view name = sql.substr(owner + std::string_view(" OWNER TO ").size());
        entry.owner = identifier_parts(name).front();
    } else if (sql.starts_with("GRANT ") || sql.starts_with("REVOKE ")) {
        entry.description = "ACL";
    } else if (sql.starts_with("ALTER DEFAULT PRIVILEGES ")) {
        entry.description = "DEFAULT ACL";
    } else if (sql.starts_with("CREATE POLICY ")) {
        entry.description = "POLICY";
    } else if (sql.starts_with("CREATE USER MAPPING ")) {
        entry.description = "USER MAPPING";
    } else {
        return;
    }
    entry.definition = std::string(sql) + ";";
    Archive archive;
    archive.entries.push_back(std::move(entry));
    roles_.merge(roles_in(archive));
}

void PlainReader::copy_data(std::string_view piece) {
    database().rows(piece);
}

void PlainReader::copy_end() {
    database().end_rows();
}

void PlainReader::psql_command(std::string_view line) {
    if (take_front(line, "connect ")) {
        const auto name = connected_to(line);
        if (!name) throw_corrupt("it has a \\connect that no dump has");
        databases_.emplace_back(*name);
        return;
    }
    if (line.starts_with("restrict ") || line.starts_with("unrestrict ")) return;
    throw_corrupt(
        "it has a command for psql, \\" + std::string(until(line, " \t")).substr(0, 40) +
        ", which no dump has"
    );
}

void PlainReader::comment(std::string_view line) {
    if (line == " PostgreSQL database dump" || line == " PostgreSQL database cluster dump") {
        has_begun_ = true;
        is_of_cluster_ = is_of_cluster_ || line.find("cluster") != std::string_view::npos;
        ++open_;
    } else if (line == " PostgreSQL database dump complete" ||
               line == " PostgreSQL database cluster dump complete") {
        --open_;
    } else if (take_front(line, " Dumped from database version ")) {
        server_version_ = version_number(line);
    } else if (take_front(line, " Dumped by pg_dump version ")) {
        dump_version_ = version_number(line);
    }
}

std::vector<DatabaseContent> PlainReader::finish() {
    if (!has_begun_) {
        throw_corrupt("it is no dump: it does not begin as pg_dump and pg_dumpall begin theirs");
    }
    if (open_ != 0)
        throw_corrupt("it is cut short: pg_dump's last line, \"dump complete\", is missing");
    std::vector<DatabaseContent> contents;
    for (DatabaseReader& reader : databases_) contents.push_back(reader.finish());
    return contents;
}

}  // namespace backupwatch
