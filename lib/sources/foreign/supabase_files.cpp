#include "sources/foreign/supabase_files.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> load_order{"roles.sql", "schema.sql", "data.sql"};

std::string packed_or_not(const fs::path& folder, const std::string& name) {
    for (const char* suffix : {"", ".gz", ".zst"}) {
        std::error_code closed;
        if (fs::is_regular_file(folder / (name + suffix), closed)) return name + suffix;
    }
    return {};
}

}  // namespace

std::optional<SupabaseFiles> supabase_files_in(const fs::path& folder) {
    SupabaseFiles files{
        packed_or_not(folder, "roles.sql"),
        packed_or_not(folder, "schema.sql"),
        packed_or_not(folder, "data.sql")};
    if (files.schema.empty() || files.data.empty()) return std::nullopt;
    return files;
}

std::vector<std::string> SupabaseFiles::names() const {
    std::vector<std::string> names;
    for (const std::string& name : {roles, schema, data}) {
        if (!name.empty()) names.push_back(name);
    }
    return names;
}

std::optional<fs::path> supabase_folder(const fs::path& path) {
    std::error_code closed;
    if (fs::is_directory(path, closed)) {
        return supabase_files_in(path) ? std::optional(path) : std::nullopt;
    }
    // Of each file that lies there this is asked.
    if (unpacked_name(path.filename()) != load_order.back()) return std::nullopt;
    const auto files = supabase_files_in(path.parent_path());
    const bool is_data = files && files->data == path.filename();
    return is_data ? std::optional(path.parent_path()) : std::nullopt;
}

Compression compression_by_name(const std::string& name) {
    if (name.ends_with(".gz")) return Compression::zlib;
    if (name.ends_with(".zst")) return Compression::zstd;
    return Compression::none;
}

std::string unpacked_name(const std::string& name) {
    const bool is_packed = compression_by_name(name) != Compression::none;
    return is_packed ? fs::path(name).stem().string() : name;
}

std::vector<std::string> supabase_order(const std::vector<FileEntry>& files) {
    std::vector<std::string> names;
    for (const std::string_view wanted : load_order) {
        for (const FileEntry& file : files) {
            if (unpacked_name(file.path) == wanted) names.push_back(file.path);
        }
    }
    return names;
}

SupabaseContent read_supabase_files(
    const fs::path& folder, const SupabaseFiles& files, const OnRead& on_read, const OnFile& read
) {
    SupabaseReader reader;
    const std::pair<SupabaseFile, std::string> all[] = {
        {SupabaseFile::roles, files.roles},
        {SupabaseFile::schema, files.schema},
        {SupabaseFile::data, files.data}};
    for (const auto& [which, name] : all) {
        if (name.empty()) continue;
        FileBytes file(folder / name, on_read);
        reader.begin(which);
        unpack(compression_by_name(name), file, [&](ByteStream& bytes) {
            SqlReader sql(reader);
            std::array<char, 1 << 16> buffer;
            while (const auto count = bytes.read(buffer.data(), buffer.size())) {
                sql.add({buffer.data(), count});
            }
            sql.finish();
        });
        reader.end();
        file.drain();
        read(name, file);
    }
    return reader.finish();
}

std::vector<SkippedPart> unproven_of(const SupabaseContent& content) {
    std::vector<SkippedPart> parts;
    parts.push_back(
        {"one moment",
         "roles, schema and data are of three moments, as `supabase db dump` was run three times"}
    );
    if (!content.has_roles) {
        parts.push_back(
            {"roles",
             "there is no roles.sql: those that schema.sql names are made with nothing of their "
             "own, no log-in and no setting"}
        );
    }
    if (content.server_version == 0) {
        parts.push_back({"version of the server", "data.sql does not say which it was taken from"});
    }
    return parts;
}

std::vector<NotHeld> not_held_of_any_project() {
    return {
        {"passwords of roles", "such files hold none: set them anew, in the dashboard"},
        {"files of Storage", "only their rows are in the database: copy the buckets as well"},
        {"secrets of the vault", "encrypted with a key that no dump holds: keep them elsewhere"},
        {"Edge Functions, and the project's settings and keys",
         "they are not in the database: keep them with your code"},
    };
}

std::vector<NotHeld> not_held_by(const SupabaseContent& content) {
    std::vector<NotHeld> parts{
        {"what the platform makes in auth and storage",
         "their rows were loaded into tables that stand in for them; a project has its own"},
        {"triggers on auth.users, policies on storage.objects",
         "`supabase db dump` leaves them out: keep them with your code, or let backupwatch dump"},
        {"event triggers", "`supabase db dump` leaves them out: keep them with your code"},
    };
    const auto others = not_held_of_any_project();
    parts.insert(parts.end(), others.begin(), others.end());
    const auto& extensions = content.database.extensions;
    const auto& tables = content.database.tables;
    const bool has_cron = std::ranges::find(extensions, "pg_cron") != extensions.end();
    const bool has_jobs =
        std::ranges::find(tables, "cron.job", &TableContent::name) != tables.end();
    if (has_cron && !has_jobs) {
        parts.push_back({"cron jobs", "`supabase db dump` left them out: keep them with your code"}
        );
    }
    return parts;
}

}  // namespace backupwatch
