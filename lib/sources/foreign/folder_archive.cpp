#include "sources/foreign/folder_archive.hpp"

#include "core/failure.hpp"
#include "sources/foreign/archive_entries.hpp"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// Of `blobs.toc`: a line for each.
constexpr std::size_t longest_line = 1000;

/// The lines of `blobs.toc`: oid and file.
std::vector<std::pair<std::uint32_t, std::string>> read_large_object_list(ByteStream& bytes) {
    std::vector<std::pair<std::uint32_t, std::string>> objects;
    std::string line;
    std::array<char, read_at_once> buffer;
    while (const auto count = bytes.read(buffer.data(), buffer.size())) {
        for (const char c : std::string_view(buffer.data(), count)) {
            if (line.size() > longest_line)
                throw_corrupt("its list of large objects has a line too long");
            if (c != '\n') {
                line += c;
                continue;
            }
            std::uint32_t oid = 0;
            const auto read = std::from_chars(line.data(), line.data() + line.size(), oid);
            if (read.ec != std::errc() || *read.ptr != ' ') {
                throw_corrupt("its list of large objects cannot be read");
            }
            objects.emplace_back(oid, std::string(read.ptr + 1));
            line.clear();
        }
    }
    if (!line.empty()) throw_corrupt("its list of large objects is cut short");
    return objects;
}

/// A data file of a directory, by the name that the table of contents has and what pg_dump appends
/// where it compresses.
class FolderFiles {
  public:
    FolderFiles(const fs::path& folder, const OnRead& on_read, const OnFile& read)
        : folder_(folder), on_read_(on_read), read_(read) {}

    template <class Use>
    void with(const std::string& name, const Use& use) {
        if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.')) {
            throw_corrupt("its table of contents names a file outside of it");
        }
        constexpr std::array<std::pair<const char*, Compression>, 4> endings{
            {{"", Compression::none},
             {".gz", Compression::zlib},
             {".zst", Compression::zstd},
             {".lz4", Compression::lz4}}};
        for (const auto& [ending, compression] : endings) {
            const std::string found = name + ending;
            if (!fs::is_regular_file(status_of(folder_ / found))) continue;
            FileBytes file(folder_ / found, on_read_);
            try {
                use(*decompressed(compression, file));
                file.drain();
            } catch (const Failure& failure) {
                throw Failure(failure.kind(), found + ": " + failure.what(), failure.hint());
            }
            read_(found, file);
            return;
        }
        throw_corrupt(name + " is missing");
    }

  private:
    const fs::path& folder_;
    const OnRead& on_read_;
    const OnFile& read_;
};

}  // namespace

ArchiveData read_folder_archive(const fs::path& folder, const OnRead& on_read, const OnFile& read) {
    ArchiveData data;
    FolderFiles files(folder, on_read, read);
    files.with("toc.dat", [&](ByteStream& bytes) {
        std::string behind;
        data.archive = read_contents(bytes, behind);
        if (!behind.empty()) throw_corrupt("it goes on after its last entry");
    });
    ArchiveEntries entries(data);
    const auto expected = entries.missing();
    for (const auto& [id, entry] : expected) {
        const ArchiveEntry& taken = entries.take(id);
        if (!is_of_large_objects(taken)) {
            files.with(taken.file, [&](ByteStream& bytes) { entries.read_table(taken, bytes); });
            continue;
        }
        std::vector<std::pair<std::uint32_t, std::string>> objects;
        files.with(taken.file, [&](ByteStream& bytes) { objects = read_large_object_list(bytes); });
        for (const auto& [oid, name] : objects) {
            const std::uint32_t number = oid;
            files.with(name, [&](ByteStream& bytes) { entries.read_large_object(number, bytes); });
        }
    }
    entries.require_all();
    return data;
}

Archive read_archive_contents(const fs::path& archive, bool is_tar) {
    const bool is_folder = fs::is_directory(status_of(archive));
    FileBytes file(is_folder ? archive / "toc.dat" : archive, {});
    std::string behind;
    return is_tar ? read_tar_contents(file) : read_contents(file, behind);
}

}  // namespace backupwatch
