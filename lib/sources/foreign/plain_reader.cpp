#include "sources/foreign/plain_reader.hpp"

#include "core/backup/identifier.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "postgres/role_names.hpp"
#include "postgres/version_number.hpp"
#include "sources/foreign/byte_stream.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t most_roles = 100'000;
/// PostgreSQL cuts them at 63 bytes, whose quotes are doubled.
constexpr std::size_t longest_role = 128;
/// They stand in front, and what stands behind may be of any size.
constexpr std::size_t longest_of_roles = 1 << 16;
/// Of a `\restrict` as pg_dump draws it; --restrict-key gives another one, perhaps each night the
/// same.
constexpr std::size_t drawn_key = 63;

std::string_view until(std::string_view text, std::string_view letters) {
    return text.substr(0, text.find_first_of(letters));
}

/// The database of `\connect shop`, `\connect "My shop"` and `\connect -reuse-previous=on
/// "dbname='my shop'"`, as pg_dump and pg_dumpall write it. Nothing for any other, which psql might
/// follow to another server.
std::optional<std::string> connected_to(std::string_view rest) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const bool is_conninfo = take_prefix(rest, "-reuse-previous=on ");
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
    if (!take_prefix(value, "dbname='")) return std::nullopt;
    std::string unquoted;
    while (!value.empty() && value.front() != '\'') {
        take_prefix(value, "\\");
        if (value.empty()) return std::nullopt;
        unquoted += value.front();
        value.remove_prefix(1);
    }
    return value == "'" ? std::optional(unquoted) : std::nullopt;
}

}  // namespace

DatabaseReader& PlainReader::database() {
    if (databases_.empty()) begin_database("");
    return databases_.back();
}

void PlainReader::begin_database(std::string name) {
    Held held(databases_.empty() ? held_before_ : databases_.back().held().bytes());
    held.add(sizeof(DatabaseReader));
    held.add_name(name);
    databases_.emplace_back(std::move(name), held.bytes());
}

void PlainReader::statement(const SqlStatement& statement) {
    const std::string_view sql = statement.text;
    if (sql.starts_with("COPY ")) {
        const std::string copy = std::string(sql) + ";";
        const auto target = parse_copy_statement(copy, database().schema());
        if (!target) throw unknown_copy(copy);
        return database().begin_rows(*target, 0);
    }
    note_roles(sql);
    database().statement(statement, 0);
}

/// As of an archive that has this one entry.
void PlainReader::note_roles(std::string_view sql) {
    ArchiveEntry entry;
    const auto owner = sql.rfind(" OWNER TO ");
    if (sql.starts_with("ALTER ") && owner != std::string_view::npos) {
        std::string_view name = sql.substr(owner + std::string_view(" OWNER TO ").size());
        name = name.substr(0, longest_role);
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
    entry.definition = std::string(sql.substr(0, longest_of_roles)) + ";";
    Archive archive;
    archive.entries.push_back(std::move(entry));
    for (const std::string& role : roles_in(archive)) {
        if (roles_.contains(role)) continue;
        held().add_name(role);
        roles_.insert(role);
    }
    if (roles_.size() <= most_roles) return;
    throw Failure(Failure::Kind::missing, "it names more roles than can be looked into here");
}

void PlainReader::copy_data(std::string_view piece) {
    if (!database().has_begun_rows()) throw_corrupt("it has rows without a COPY of pg_dump's");
    // Of a file with the line ends of Windows, which the server knows; one within a value would
    // stand there as `\\r`.
    if (piece.find('\r') == std::string_view::npos) return database().rows(piece);
    std::string without(piece);
    std::erase(without, '\r');
    database().rows(without);
}

void PlainReader::copy_end() {
    database().end_rows();
}

void PlainReader::psql_command(std::string_view line) {
    if (take_prefix(line, "connect ")) {
        const auto name = connected_to(line);
        if (!name) throw_corrupt("it has a \\connect that no dump has");
        // pg_dump connects anew behind what is set for the database.
        const bool is_anew = !connects_.empty() && connects_.back() == *name;
        if (is_anew) {
            begin_session();
        } else {
            begin_database(*name);
        }
        held().add_name(*name);
        connects_.push_back(*name);
        return;
    }
    const bool restricts = take_prefix(line, "restrict ");
    if (restricts || take_prefix(line, "unrestrict ")) {
        // Behind its key psql would read another command.
        const bool is_key = !line.empty() && std::ranges::all_of(line, [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0;
        });
        if (!is_key) throw_corrupt("it has a \\restrict that no dump has");
        if (!restricts && line != restricted_by_) {
            throw_corrupt("its \\unrestrict has another key than its \\restrict");
        }
        is_unique_ = is_unique_ || line.size() == drawn_key;
        restricted_by_ = restricts ? std::string(line) : std::string();
        return;
    }
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
    } else if (line.starts_with(" Started on ")) {
        is_unique_ = true;
    } else if (take_prefix(line, " Dumped from database version ")) {
        server_version_ = version_number(line);
    } else if (take_prefix(line, " Dumped by pg_dump version ")) {
        dump_version_ = version_number(line);
    }
}

std::vector<DatabaseContent> PlainReader::finish() {
    if (!has_begun_ && whole_ == Whole::once_commented) {
        throw_corrupt("it is no dump: it does not begin as pg_dump and pg_dumpall begin theirs");
    }
    if (open_ != 0)
        throw_corrupt("it is cut short: pg_dump's last line, \"dump complete\", is missing");
    if (!restricted_by_.empty()) throw_corrupt("it is cut short: its last \\unrestrict is missing");
    std::vector<DatabaseContent> contents;
    for (DatabaseReader& reader : databases_) contents.push_back(reader.finish());
    return contents;
}

}  // namespace backupwatch
