#include "sources/dump/platform_stubs.hpp"

#include "postgres/archive_extensions.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <algorithm>
#include <string_view>

namespace backupwatch {
namespace {

std::string stub_name(const ArchiveEntry& entry) {
    return quote_identifier(entry.schema) + "." + quote_identifier(entry.name);
}

std::string stub_table(const ArchiveEntry& entry, const CopyTarget& target) {
    std::string columns;
    for (const auto& column : target.columns) {
        columns += (columns.empty() ? "" : ", ") + quote_identifier(column) + " text";
    }
    return "CREATE TABLE " + stub_name(entry) + " (" + columns + ")";
}

class Stubbing {
  public:
    explicit Stubbing(const Archive& archive)
        : archive_(archive), about_members_(entries_about_members(archive)) {
        const auto made = extensions_in(archive);
        for (const PlatformExtension& extension : platform_extensions()) {
            if (!made.contains(std::string(extension.name))) continue;
            stubs_.extensions.emplace(extension.name);
            held_.emplace(extension.schema);
        }
    }

    PlatformStubs all() {
        for (const ArchiveEntry& entry : archive_.entries) {
            if (held_.contains(entry.schema)) stand_in_for(entry);
        }
        for (const PlatformFunction& function : platform_functions()) add(function);
        for (const ArchiveEntry& entry : archive_.entries) {
            // Ours is there already.
            const bool is_made = entry.description == "SCHEMA" && schemas_.contains(entry.name);
            if (is_made) stubs_.left_out.insert(entry.dump_id);
        }
        std::vector<std::string> statements;
        for (const std::string& schema : schemas_) {
            statements.push_back("CREATE SCHEMA " + quote_identifier(schema));
        }
        stubs_.statements.insert(stubs_.statements.begin(), statements.begin(), statements.end());
        return std::move(stubs_);
    }

  private:
    void stand_in_for(const ArchiveEntry& entry) {
        const bool is_about_member = about_members_.contains(entry.dump_id);
        const bool is_data = entry.description == "TABLE DATA";
        const bool is_value = entry.description == "SEQUENCE SET";
        if (is_about_member && !is_data && !is_value) {
            stubs_.left_out.insert(entry.dump_id);
            return;
        }
        schemas_.insert(entry.schema);
        // A table of the user's own in that schema: the archive makes it.
        if (!is_about_member) return;
        stubs_.filled.insert(entry.dump_id);
        if (is_value) {
            stubs_.statements.push_back("CREATE SEQUENCE " + stub_name(entry));
            return;
        }
        const auto target = parse_copy_statement(entry.copy_statement);
        if (target) stubs_.statements.push_back(stub_table(entry, *target));
    }

    void add(const PlatformFunction& function) {
        const bool is_named = std::ranges::any_of(archive_.entries, [&](const auto& entry) {
            return entry.definition.find(function.call) != std::string::npos;
        });
        const bool is_made = std::ranges::any_of(archive_.entries, [&](const auto& entry) {
            return entry.description == "SCHEMA" && entry.name == function.schema;
        });
        if (!is_named || is_made) return;
        schemas_.emplace(function.schema);
        stubs_.statements.emplace_back(function.definition);
    }

    const Archive& archive_;
    std::set<int> about_members_;
    std::set<std::string> held_;     ///< schemas of extensions that are not made
    std::set<std::string> schemas_;  ///< to make
    PlatformStubs stubs_;
};

}  // namespace

PlatformStubs platform_stubs(const Archive& archive) {
    return Stubbing(archive).all();
}

}  // namespace backupwatch
