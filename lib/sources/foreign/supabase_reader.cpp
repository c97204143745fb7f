#include "sources/foreign/supabase_reader.hpp"

#include "core/backup/differences.hpp"
#include "core/backup/identifier.hpp"
#include "core/text.hpp"
#include "postgres/supabase.hpp"
#include "sources/foreign/byte_stream.hpp"

#include <optional>
#include <utility>

namespace backupwatch {
namespace {

using Name = std::vector<std::string>;

constexpr const char* file_name(SupabaseFile file) {
    switch (file) {
        case SupabaseFile::roles:
            return "roles.sql";
        case SupabaseFile::schema:
            return "schema.sql";
        case SupabaseFile::data:
            return "data.sql";
    }
    return "";
}

/// `"public"."My table"`, from the front of the text.
std::string_view take_name(std::string_view& text) {
    bool is_quoted = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '"') is_quoted = !is_quoted;
        const bool ends = std::string_view(" (;,)\r\n\t").find(text[at]) != std::string_view::npos;
        if (!is_quoted && ends) break;
    }
    const std::string_view name = text.substr(0, at);
    text.remove_prefix(at);
    while (text.starts_with(' ')) text.remove_prefix(1);
    return name;
}

Name parts_of(std::string_view name) {
    return identifier_parts(bounded_name(name));
}

std::string simple_name(std::string_view text) {
    return parts_of(take_name(text)).front();
}

/// Behind these words, if the text has them.
std::optional<std::string_view> behind(std::string_view text, std::string_view words) {
    const auto at = text.find(words);
    if (at == std::string_view::npos) return std::nullopt;
    return text.substr(at + words.size());
}

/// As pg_dump writes it with --quote-all-identifiers, or as a function's text may.
bool names_schema(std::string_view sql, std::string_view schema) {
    const std::string quoted = "\"" + std::string(schema) + "\"";
    const std::string plain = std::string(schema) + ".";
    for (auto at = sql.find(plain); at != std::string_view::npos; at = sql.find(plain, at + 1)) {
        const bool begins =
            at == 0 || std::string_view(" (,\n\t'").find(sql[at - 1]) != std::string_view::npos;
        if (begins) return true;
    }
    return sql.find(quoted) != std::string_view::npos;
}

}  // namespace

void SupabaseReader::begin(SupabaseFile file) {
    file_ = file;
    statements_ = 0;
    is_reset_ = false;
    has_roles_ = has_roles_ || file == SupabaseFile::roles;
    // That each is read by a psql of its own undoes what a file without RESET ALL leaves set.
    plain_.begin_session();
}

void SupabaseReader::end() {
    const std::string name = file_name(file_);
    if (statements_ == 0) throw_corrupt(name + " is empty: it holds no statement");
    // Each of the CLI's scripts writes it last, and does not get there where its pg_dump failed.
    if (!is_reset_)
        throw_corrupt(name + " is cut short: its last line, \"RESET ALL;\", is missing");
}

void SupabaseReader::statement(const SqlStatement& statement) {
    const std::string_view sql = statement.text;
    ++statements_;
    is_reset_ = sql == "RESET ALL";
    if (file_ == SupabaseFile::roles) return note_role(sql);
    if (file_ == SupabaseFile::schema) note_schema(sql);
    if (file_ == SupabaseFile::data) note_data(sql);
    plain_.statement(statement);
}

void SupabaseReader::keep(std::set<std::string>& names, const std::string& name) {
    if (names.contains(name)) return;
    plain_.held().add_name(name);
    names.insert(name);
}

void SupabaseReader::keep(std::set<Name>& names, const Name& name) {
    if (names.contains(name)) return;
    hold(name);
    names.insert(name);
}

void SupabaseReader::hold(const Name& parts) {
    for (const std::string& part : parts) plain_.held().add_name(part);
}

void SupabaseReader::note_role(std::string_view sql) {
    if (take_prefix(sql, "CREATE ROLE ")) {
        keep(made_roles_, simple_name(sql));
    } else if (take_prefix(sql, "ALTER ROLE ")) {
        keep(altered_roles_, simple_name(sql));
    } else if (take_prefix(sql, "GRANT ")) {
        keep(altered_roles_, simple_name(sql));
        if (const auto member = behind(sql, " TO ")) keep(altered_roles_, simple_name(*member));
    }
}

void SupabaseReader::note_schema(std::string_view sql) {
    for (const std::string_view schema : project_schemas()) {
        if (names_schema(sql, schema)) named_schemas_.emplace(schema);
    }
    for (const PlatformSchema& schema : platform_schemas()) {
        if (names_schema(sql, schema.name)) named_schemas_.emplace(schema.name);
    }
    note_row_security(sql);
    note_foreign_key(sql);
    std::string_view rest = sql;
    if (take_prefix(rest, "CREATE SCHEMA ")) {
        take_prefix(rest, "IF NOT EXISTS ");
        keep(made_schemas_, simple_name(rest));
    } else if (take_prefix(rest, "CREATE TABLE ") || take_prefix(rest, "CREATE UNLOGGED TABLE ")) {
        take_prefix(rest, "IF NOT EXISTS ");
        keep(made_tables_, parts_of(take_name(rest)));
    } else if (take_prefix(rest, "CREATE PUBLICATION ")) {
        keep(made_publications_, simple_name(rest));
    } else if (take_prefix(rest, "ALTER PUBLICATION ")) {
        keep(altered_publications_, simple_name(rest));
    }
}

void SupabaseReader::note_row_security(std::string_view sql) {
    std::string_view rest = sql;
    if (take_prefix(rest, "CREATE POLICY ")) {
        const auto policy = simple_name(take_name(rest));
        if (!take_prefix(rest, "ON ")) return;
        Name name = parts_of(take_name(rest));
        name.push_back(policy);
        secure("policy", plainly_quoted(name));
    } else if (take_prefix(rest, "ALTER TABLE ")) {
        take_prefix(rest, "ONLY ");
        const std::string_view table = take_name(rest);
        if (rest != "ENABLE ROW LEVEL SECURITY") return;
        secure(secured_table, plainly_quoted(parts_of(table)));
    }
}

void SupabaseReader::secure(const char* kind, const std::string& name) {
    plain_.held().add(sizeof(SchemaObject));
    plain_.held().add_name(name);
    security_.push_back({kind, name, ""});
}

/// `ALTER TABLE ONLY ... ADD CONSTRAINT ... FOREIGN KEY ("user_id") REFERENCES
/// "auth"."users"("id")`.
void SupabaseReader::note_foreign_key(std::string_view sql) {
    if (!sql.starts_with("ALTER TABLE ") || !behind(sql, " FOREIGN KEY ")) return;
    auto rest = behind(sql, " REFERENCES ");
    if (!rest) return;
    const Name table = parts_of(take_name(*rest));
    if (!take_prefix(*rest, "(")) return;
    const std::string column = simple_name(*rest);
    take_name(*rest);
    // Of the platform's tables each key is one column.
    if (!rest->starts_with(")")) return;
    if (!referenced_.contains(table)) hold(table);
    keep(referenced_[table], column);
}

void SupabaseReader::note_data(std::string_view sql) {
    std::string_view rest = sql;
    if (take_prefix(rest, "SELECT pg_catalog.setval('") ||
        take_prefix(rest, "SELECT \"pg_catalog\".\"setval\"('")) {
        keep(set_sequences_, parts_of(rest.substr(0, rest.find('\''))));
        return;
    }
    std::string statement(sql);
    if (take_prefix(rest, "INSERT INTO ")) {
        const std::string name(take_name(rest));
        const auto values = rest.find(") VALUES");
        if (values == std::string_view::npos) return;
        statement = "COPY " + name + " " + std::string(rest.substr(0, values + 1)) + " FROM stdin";
    } else if (!sql.starts_with("COPY ")) {
        return;
    }
    const auto target = parse_copy_statement(statement + ";");
    if (!target) return;
    const Name table{target->schema, target->name};
    if (filled_.contains(table)) return;
    hold(table);
    hold(target->columns);
    filled_.emplace(table, target->columns);
}

PlatformNeeds SupabaseReader::needs() const {
    PlatformNeeds needs;
    needs.schemas = named_schemas_;
    for (const auto& [table, columns] : filled_) {
        if (made_tables_.contains(table)) continue;
        UnmadeTable unmade{table[0], table[1], columns, {}};
        const auto keys = referenced_.find(table);
        if (keys != referenced_.end()) unmade.keys = keys->second;
        needs.schemas.insert(table[0]);
        needs.tables.push_back(std::move(unmade));
    }
    // One that is pointed to and has no row: its columns are those alone.
    for (const auto& [table, columns] : referenced_) {
        const bool is_there = made_tables_.contains(table) || filled_.contains(table);
        if (is_there || table.size() != 2) continue;
        needs.schemas.insert(table[0]);
        needs.tables.push_back({table[0], table[1], {columns.begin(), columns.end()}, columns});
    }
    for (const Name& sequence : set_sequences_) {
        if (sequence.size() != 2 || made_schemas_.contains(sequence[0])) continue;
        needs.schemas.insert(sequence[0]);
        needs.sequences.emplace(sequence[0], sequence[1]);
    }
    for (const std::string& schema : made_schemas_) needs.schemas.erase(schema);
    needs.publications = altered_publications_;
    for (const std::string& publication : made_publications_) {
        needs.publications.erase(publication);
    }
    return needs;
}

SupabaseContent SupabaseReader::finish() {
    SupabaseContent content;
    content.needs = needs();
    content.database = std::move(plain_.finish().at(0));
    for (TableContent& table : content.database.tables) {
        // Made beforehand, and compared like any other.
        table.is_of_extension = false;
    }
    content.roles = plain_.roles();
    content.roles.insert(altered_roles_.begin(), altered_roles_.end());
    for (const std::string& role : made_roles_) content.roles.erase(role);
    for (const char* role : {"postgres", "service_role"}) {
        if (content.roles.contains(role)) content.needs.trusted_roles.insert(role);
    }
    content.security = std::move(security_);
    content.server_version = plain_.server_version();
    content.dump_version = plain_.dump_version();
    content.has_roles = has_roles_;
    return content;
}

}  // namespace backupwatch
