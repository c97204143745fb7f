#pragma once
#include "core/backup/manifest.hpp"
#include "postgres/archive.hpp"
#include "postgres/sql_reader.hpp"
#include "sources/foreign/plain_reader.hpp"
#include "sources/foreign/supabase_prelude.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What `supabase db dump` writes: three runs of it, with --role-only, without anything, and with
/// --data-only.
enum class SupabaseFile { roles, schema, data };

/// What the three hold together.
struct SupabaseContent {
    DatabaseContent database;
    PlatformNeeds needs;
    std::set<std::string> roles;         ///< that are named and not made
    std::vector<SchemaObject> security;  ///< policies, and tables behind row-level security
    int server_version = 0;
    int dump_version = 0;
    bool has_roles = false;  ///< there is a roles.sql
};

/// The three as they are read, one behind another.
class SupabaseReader final : public SqlSink {
  public:
    /// `held` is what is kept beside it already.
    explicit SupabaseReader(std::size_t held = 0) : plain_(PlainReader::Whole::once_reset, held) {}
    void begin(SupabaseFile file);
    /// Throws Failure::corrupt where the file is not whole.
    void end();
    SupabaseContent finish();

    void statement(const SqlStatement& statement) override;
    void copy_data(std::string_view piece) override { plain_.copy_data(piece); }
    void copy_end() override { plain_.copy_end(); }
    void psql_command(std::string_view line) override { plain_.psql_command(line); }
    void comment(std::string_view line) override { plain_.comment(line); }

  private:
    void note_role(std::string_view sql);
    void note_schema(std::string_view sql);
    void note_row_security(std::string_view sql);
    void note_foreign_key(std::string_view sql);
    void note_data(std::string_view sql);
    void secure(const char* kind, const std::string& name);
    void keep(std::set<std::string>& names, const std::string& name);
    void keep(std::set<std::vector<std::string>>& names, const std::vector<std::string>& name);
    void hold(const std::vector<std::string>& parts);
    PlatformNeeds needs() const;

    PlainReader plain_;
    SupabaseFile file_ = SupabaseFile::schema;
    std::size_t statements_ = 0;
    bool is_reset_ = false;  ///< by the statement before
    std::set<std::string> made_roles_;
    std::set<std::string> altered_roles_;
    std::set<std::string> made_schemas_{"public"};
    std::set<std::string> named_schemas_;  ///< of the platform
    std::set<std::string> made_publications_;
    std::set<std::string> altered_publications_;
    std::map<std::vector<std::string>, std::set<std::string>> referenced_;  ///< columns, by table
    std::map<std::vector<std::string>, std::vector<std::string>> filled_;   ///< likewise
    std::set<std::vector<std::string>> made_tables_;
    std::set<std::vector<std::string>> set_sequences_;
    std::vector<SchemaObject> security_;
    bool has_roles_ = false;
};

}  // namespace backupwatch
