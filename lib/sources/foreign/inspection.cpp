#include "sources/foreign/inspection.hpp"

#include "core/backup/identifier.hpp"
#include "core/failure.hpp"
#include "core/words.hpp"
#include "postgres/role_names.hpp"
#include "postgres/supabase.hpp"
#include "sources/foreign/folder_archive.hpp"
#include "sources/foreign/plain_reader.hpp"
#include "sources/foreign/supabase_files.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t head_size = 512;
/// A report that does not name them tells nobody where to look.
constexpr std::size_t most_secured_named = 50;
/// East of Greenwich a clock shows up to 14 hours more than UTC, west of it up to 12 hours less.
constexpr Duration earliest_zone = std::chrono::hours(12);
/// What rows take in a server, with their indexes, is about twice their text.
constexpr std::uint64_t indexes_and_rows = 2;

/// In the words of the catalog, as far as they say which tables are one (shape_of).
std::vector<SchemaObject> partitions_of(const DatabaseContent& content) {
    std::vector<SchemaObject> objects;
    const auto parent_of = [&](const std::string& table) {
        const auto parent = content.parents.find(table);
        return parent == content.parents.end() ? "" : " PARTITION OF " + parent->second;
    };
    for (const std::string& table : content.partitioned) {
        objects.push_back({"table", table, "PARTITIONED TABLE" + parent_of(table)});
    }
    for (const auto& [table, parent] : content.parents) {
        if (content.partitioned.contains(table)) continue;
        objects.push_back({"table", table, "TABLE" + parent_of(table)});
    }
    return objects;
}

/// Of the platform's own tables no file of the CLI says that they have policies, which each has.
std::set<std::string> tables_perhaps_hidden(const DatabaseContent& content, DumpForm form) {
    std::set<std::string> names;
    for (const TableContent& table : content.tables) {
        const bool is_of_platform =
            form == DumpForm::supabase && is_of_each_project(identifier_parts(table.name).front());
        if (is_of_platform || content.secured.contains(table.name)) names.insert(table.name);
    }
    return names;
}

/// Throws Failure::corrupt where there is nothing in it that a drill could prove.
void describe(InspectedDump& dump, DatabaseContent content) {
    Manifest& manifest = dump.manifest;
    if (content.tables.empty() && !content.has_other_objects) throw_corrupt("it holds no table");
    if (content.tables.empty()) {
        dump.unproven.push_back(
            {"rows", "it holds no table: that what it holds can be made again is all there is"}
        );
    }
    for (const std::string& name : content.without_rows) {
        dump.unproven.push_back(
            {"rows of " + name, "the file has nothing of them, as where they were excluded"}
        );
    }
    if (!content.without_inserts.empty()) {
        dump.unproven.push_back(
            {"rows of " + listed(content.without_inserts),
             "the file has no INSERT for them: they are empty, or were excluded"}
        );
    }
    if (content.has_row_security) {
        dump.perhaps_hidden = tables_perhaps_hidden(content, dump.form);
        const auto& hidden = dump.perhaps_hidden;
        const std::string which =
            hidden.empty() ? ""
                           : ", of " + listed({hidden.begin(), hidden.end()}, most_secured_named);
        dump.unproven.push_back(
            {"rows that the role of the dump might not see" + which,
             "it was made with row security on, and they are not in it"}
        );
    }
    manifest.is_from_file = true;
    manifest.database_name = content.name;
    manifest.schema = partitions_of(content);
    manifest.tables = std::move(content.tables);
    manifest.sequences = std::move(content.sequences);
    manifest.large_objects = content.large_objects;
    manifest.encoding = content.encoding.empty() ? "UTF8" : content.encoding;
    manifest.collate = manifest.ctype = manifest.encoding == "UTF8" ? "C.UTF-8" : "C";
    manifest.locale_provider = "c";
    // Texts sort by it: in indexes, and in the bounds of partitions.
    if (!content.collate.empty() && !content.ctype.empty()) {
        manifest.collate = std::move(content.collate);
        manifest.ctype = std::move(content.ctype);
    }
    if (!content.icu_locale.empty() && !content.locale_provider.empty()) {
        manifest.locale_provider = std::move(content.locale_provider);
        manifest.icu_locale = std::move(content.icu_locale);
    }
    for (std::string& extension : content.extensions) {
        manifest.extensions.push_back({std::move(extension), "", ""});
    }
    std::set<std::string> names;
    for (const TableContent& table : manifest.tables) {
        manifest.database_size += table.bytes * indexes_and_rows;
        names.insert(table.name);
    }
    manifest.is_of_supabase = names.contains("auth.users") && names.contains("storage.buckets");
}

std::uint64_t rows_of(const DatabaseContent& content) {
    std::uint64_t rows = 0;
    for (const TableContent& table : content.tables) rows += table.rows.count;
    return rows;
}

/// The database that the set is of, where it is there, else the one with the most rows.
std::size_t choose_database(
    const std::vector<DatabaseContent>& contents, const InspectionOptions& options
) {
    for (const std::string& name : {options.connected, options.database}) {
        for (std::size_t i = 0; i < contents.size(); ++i) {
            if (!name.empty() && contents[i].name == name) return i;
        }
    }
    std::size_t chosen = 0;
    for (std::size_t i = 1; i < contents.size(); ++i) {
        if (rows_of(contents[i]) > rows_of(contents[chosen])) chosen = i;
    }
    return chosen;
}

void inspect_plain(InspectedDump& dump, ByteStream& bytes, const InspectionOptions& options) {
    PlainReader reader;
    SqlReader sql(reader);
    std::array<char, 1 << 16> buffer;
    // Of what is compressed the file may differ: gzip notes a date.
    std::optional<Sha256> hash;
    if (dump.compression != Compression::none) hash.emplace();
    while (const auto count = bytes.read(buffer.data(), buffer.size())) {
        sql.add({buffer.data(), count});
        if (hash) hash->add({buffer.data(), count});
    }
    sql.finish();
    if (hash) dump.sql_sha256 = hash->hex();
    dump.is_unique = reader.is_unique();
    auto contents = reader.finish();
    dump.manifest.server_version = reader.server_version();
    dump.manifest.dump_version = reader.dump_version();
    if (contents.empty()) contents.emplace_back();
    if (!reader.is_of_cluster()) dump.roles = reader.roles();
    dump.connects = reader.connects();
    const std::size_t chosen = choose_database(contents, options);
    for (std::size_t i = 0; i < contents.size(); ++i) {
        if (i != chosen && rows_of(contents[i]) > 0)
            dump.other_databases.push_back(contents[i].name);
    }
    dump.makes_database = contents[chosen].name;
    // Which is told: who reads that it passed may have meant that one.
    const bool is_of_another = !options.connected.empty() && !dump.makes_database.empty() &&
                               dump.makes_database != options.connected;
    if (is_of_another) {
        dump.unproven.push_back(
            {"database " + options.connected,
             "the file has none of that name: " + dump.makes_database + " was looked at"}
        );
    }
    describe(dump, std::move(contents[chosen]));
}

void inspect_supabase(
    InspectedDump& dump, const fs::path& folder, const OnRead& on_read, const OnFile& read
) {
    const SupabaseFiles files = supabase_files_in(folder).value_or(SupabaseFiles());
    SupabaseContent content = read_supabase_files(folder, files, on_read, read);
    dump.manifest.server_version = content.server_version;
    dump.manifest.dump_version = content.dump_version;
    dump.roles = std::move(content.roles);
    dump.prelude = supabase_prelude(content.needs);
    dump.unproven = unproven_of(content);
    auto not_held = not_held_by(content);
    describe(dump, std::move(content.database));
    dump.manifest.is_of_supabase = true;
    dump.manifest.not_held = std::move(not_held);
    auto& schema = dump.manifest.schema;
    schema.insert(schema.end(), content.security.begin(), content.security.end());
}

void describe_archive(InspectedDump& dump, ArchiveData data) {
    dump.manifest.server_version = data.archive.server_version;
    dump.manifest.dump_version = data.archive.dump_version;
    DatabaseContent content = data.reader.finish();
    // Of an archive pg_restore says how row security is then, and nothing how it was.
    if (!content.secured.empty()) {
        dump.unproven.push_back(
            {"rows that the role of the dump might not see, of " +
                 listed({content.secured.begin(), content.secured.end()}, most_secured_named),
             "the archive does not say whether it was made with --enable-row-security, which "
             "leaves them out"}
        );
    }
    describe(dump, std::move(content));
    dump.roles = roles_in(data.archive);
    dump.manifest.database_name = data.archive.database;
    if (dump.manifest.is_of_supabase) dump.manifest.not_held = not_held_of_any_project();
    if (!data.archive.begun_at) return;
    const auto local = data.archive.begun_at->time_since_epoch();
    dump.begun_by = Instant(std::chrono::duration_cast<Instant::duration>(local)) + earliest_zone;
}

/// What has a date in its table of contents needs none.
std::string digest_of(const InspectedDump& dump) {
    std::string digests;
    switch (dump.form) {
        case DumpForm::custom:
        case DumpForm::tar:
        case DumpForm::directory:
            return {};
        case DumpForm::plain:
            return dump.sql_sha256.empty() ? dump.manifest.files.at(0).sha256 : dump.sql_sha256;
        case DumpForm::supabase:
            break;
    }
    for (const FileEntry& file : dump.manifest.files) digests += file.sha256;
    return sha256_hex(digests);
}

std::string head_of(ByteStream& bytes) {
    std::string head(head_size, '\0');
    std::size_t filled = 0;
    while (filled < head.size()) {
        const auto count = bytes.read(&head[filled], head.size() - filled);
        if (count == 0) break;
        filled += count;
    }
    head.resize(filled);
    return head;
}

bool is_other_tar(std::string_view beginning) {
    constexpr std::size_t at_magic = 257;
    return beginning.size() >= tar_block && beginning.substr(at_magic).starts_with("ustar");
}

void inspect_unpacked(InspectedDump& dump, ByteStream& unpacked, const InspectionOptions& options) {
    std::string beginning = head_of(unpacked);
    const bool is_custom = beginning.starts_with("PGDMP");
    const bool is_tar = beginning.starts_with(std::string_view("toc.dat\0", 8));
    if (!is_tar && is_other_tar(beginning)) {
        // A damaged one of pg_dump's is another tar file by its name alone.
        require_tar_sum(std::string_view(beginning).substr(0, tar_block));
        throw Failure(
            Failure::Kind::missing,
            "it is a tar file that pg_dump did not write, perhaps of a folder that it did, which "
            "cannot be looked into here",
            "unpack it, or let pg_dump write it with -Ft or -Fc."
        );
    }
    PutBack bytes(std::move(beginning), unpacked);
    if (is_custom) {
        dump.form = DumpForm::custom;
        describe_archive(dump, read_custom_archive(bytes));
    } else if (is_tar) {
        dump.form = DumpForm::tar;
        describe_archive(dump, read_tar_archive(bytes));
    } else {
        dump.form = DumpForm::plain;
        inspect_plain(dump, bytes, options);
    }
    bytes.drain();
}

void inspect_file(InspectedDump& dump, FileBytes& file, const InspectionOptions& options) {
    std::string head = head_of(file);
    if (head.empty()) throw_corrupt("it is empty");
    dump.compression = compression_of(head);
    PutBack whole(std::move(head), file);
    unpack(dump.compression, whole, [&](ByteStream& unpacked) {
        inspect_unpacked(dump, unpacked, options);
    });
    file.drain();
}

}  // namespace

InspectedDump inspect(const fs::path& path, const InspectionOptions& options) {
    InspectedDump dump;
    const auto add_file = [&](const std::string& name, FileBytes& file) {
        dump.manifest.files.push_back({name, file.position(), file.position(), file.sha256()});
    };
    const bool is_folder = fs::is_directory(status_of(path));
    if (const auto folder = supabase_folder(path)) {
        dump.form = DumpForm::supabase;
        dump.lies_among_others = *folder != path;
        inspect_supabase(dump, *folder, options.on_read, add_file);
    } else if (is_folder) {
        dump.form = DumpForm::directory;
        describe_archive(dump, read_folder_archive(path, options.on_read, add_file));
    } else {
        FileBytes file(path, options.on_read);
        inspect_file(dump, file, options);
        add_file(path.filename(), file);
    }
    dump.sql_sha256 = digest_of(dump);
    dump.manifest.id = path.filename();
    dump.manifest.database = options.database;
    return dump;
}

}  // namespace backupwatch
