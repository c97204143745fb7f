#include "sources/dump/sealing.hpp"

#include "core/failure.hpp"
#include "postgres/connection.hpp"
#include "process/sync_folder.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/manifest_json.hpp"
#include "sources/dump/project_restore.hpp"
#include "sources/dump/sha256.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// A table of contents has about a kilobyte for each object of the schema.
constexpr std::uint64_t toc_limit = 1 << 30;

/// A sequence is restored where the archive sets it: not that of an excluded table, nor an
/// extension's.
void keep_restored_sequences(std::vector<SequenceRange>& sequences, const Archive& archive) {
    std::set<std::string> restored;
    for (const auto& entry : archive.entries) {
        if (entry.description != "SEQUENCE SET") continue;
        restored.insert(quote_identifier(entry.schema) + "." + quote_identifier(entry.name));
    }
    std::erase_if(sequences, [&](const auto& range) { return !restored.contains(range.name); });
}

std::string version_text(int version) {
    return std::to_string(version / 10000) + "." + std::to_string(version % 10000);
}

/// Of a file that pg_dump wrote, or we: private, durable, and read once more for its digest.
FileEntry settle(const fs::path& folder, std::string path) {
    const fs::path whole = folder / path;
    if (::chmod(whole.c_str(), 0600) != 0) throw file_failure("make private", whole, errno);
    File file = File::open(whole);
    file.sync();
    FileEntry entry;
    entry.path = std::move(path);
    Sha256 sha;
    std::vector<char> buffer(64 << 10);
    while (const auto got = file.read(buffer.data(), buffer.size())) {
        sha.add(std::string_view(buffer.data(), got));
        entry.size += got;
    }
    entry.raw_size = entry.size;
    entry.sha256 = sha.hex();
    return entry;
}

std::vector<FileEntry> settle_files(const fs::path& folder, const WrittenArchive& written) {
    std::vector<FileEntry> files;
    std::set<std::string> packed;
    for (const auto& [name, file] : written.files) {
        files.push_back(file.entry);
        files.back().path = "archive/" + file.entry.path;
        packed.insert(files.back().path);
    }
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        std::string path = entry.path().lexically_relative(folder).string();
        const bool ours = path.front() == '.';  // the workspace's lock
        if (entry.is_directory() || ours || packed.contains(path)) continue;
        files.push_back(settle(folder, std::move(path)));
    }
    std::ranges::sort(files, {}, &FileEntry::path);
    return files;
}

}  // namespace

std::uint64_t seal(const fs::path& folder, DumpEvidence& evidence, Manifest& manifest) {
    WrittenArchive& written = evidence.written;
    written.archive = parse_archive(read_file(folder / "archive/toc.dat", toc_limit));
    manifest.tables = reconcile(evidence.source, written);
    manifest.large_objects = reconcile_large_objects(evidence.large_objects, written);
    manifest.dump_version = written.archive.dump_version;
    manifest.tool =
        "backupwatch " BACKUPWATCH_VERSION ", pg_dump " + version_text(manifest.dump_version);
    keep_restored_sequences(manifest.sequences, written.archive);

    if (manifest.is_of_supabase) {
        const auto [structure, rows, large_objects, views] =
            project_lists(written.archive, manifest);
        const std::string* const lists[] = {&structure, &rows, &large_objects, &views};
        for (std::size_t i = 0; i < std::size(lists); ++i) {
            write_file(folder / project_list_names[i], *lists[i]);
        }
    }
    write_file(folder / "README.txt", instructions(manifest));
    manifest.files = settle_files(folder, written);
    const std::string text = manifest_text(manifest);
    // What nobody can read again is no backup, and better known now than in a drill.
    parse_manifest(text);
    write_file(folder / "manifest.json", text);
    sync_folder(folder / "archive");
    sync_folder(folder);

    std::uint64_t size = text.size();
    for (const auto& file : manifest.files) size += file.size;
    return size;
}

}  // namespace backupwatch
