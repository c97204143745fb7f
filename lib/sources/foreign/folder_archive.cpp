#include "sources/foreign/folder_archive.hpp"

#include "core/failure.hpp"
#include "sources/foreign/archive_entries.hpp"

#include <array>
#include <charconv>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// Of `blobs.toc`: a line for each.
constexpr std::size_t longest_line = 1000;

std::string file_of_large_object(std::uint32_t oid) {
    return "blob_" + std::to_string(oid) + ".dat";
}

std::uint32_t listed_large_object(const std::string& line) {
    std::uint32_t oid = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), oid);
    // Under any other name it could be a file that is read as something else as well.
    if (read.ec != std::errc() || read.ptr != " " + file_of_large_object(oid)) {
        throw_corrupt("its list of large objects cannot be read");
    }
    return oid;
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
                unpack(compression, file, use);
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

std::vector<std::uint32_t> read_large_object_list(ByteStream& bytes, Held& held) {
    std::vector<std::uint32_t> oids;
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
            // While it grows, it is there twice.
            held.add(3 * sizeof(std::uint32_t));
            oids.push_back(listed_large_object(line));
            line.clear();
        }
    }
    if (!line.empty()) throw_corrupt("its list of large objects is cut short");
    return oids;
}

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
    std::set<std::string> files_of_entries;
    for (const auto& [id, entry] : expected) {
        const ArchiveEntry& taken = entries.take(id);
        // Few bytes of a table of contents would read it as often as they name it.
        if (!files_of_entries.insert(taken.file).second) {
            throw_corrupt("its table of contents names " + taken.file + " twice");
        }
        if (!is_of_large_objects(taken)) {
            files.with(taken.file, [&](ByteStream& bytes) { entries.read_table(taken, bytes); });
            continue;
        }
        std::vector<std::uint32_t> oids;
        files.with(taken.file, [&](ByteStream& bytes) {
            oids = read_large_object_list(bytes, data.reader.held());
        });
        for (const std::uint32_t oid : oids) {
            files.with(file_of_large_object(oid), [&](ByteStream& bytes) {
                entries.read_large_object(oid, bytes);
            });
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
