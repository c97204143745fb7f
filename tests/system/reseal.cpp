#include "system/reseal.hpp"

#include "sources/dump/manifest_json.hpp"
#include "sources/dump/sha256.hpp"
#include "system/support.hpp"

#include <zstd.h>

#include <stdexcept>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

std::string unpack(const std::string& packed) {
    std::string raw(16 << 20, '\0');
    const auto size = ZSTD_decompress(raw.data(), raw.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
    raw.resize(size);
    return raw;
}

std::string pack(const std::string& raw) {
    std::string packed(ZSTD_compressBound(raw.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), 1));
    return packed;
}

FileEntry entry_of(const fs::path& dump, const std::string& path) {
    const std::string bytes = read_text(dump / path);
    FileEntry entry;
    entry.path = path;
    entry.size = bytes.size();
    entry.raw_size = path.ends_with(".zst") ? unpack(bytes).size() : bytes.size();
    entry.sha256 = sha256_hex(bytes);
    return entry;
}

}  // namespace

void reseal(const fs::path& dump, const std::function<void(Manifest&)>& change) {
    Manifest manifest = parse_manifest(read_text(dump / "manifest.json"));
    change(manifest);
    write_text(dump / "manifest.json", manifest_text(manifest));
}

void reseal_files(const fs::path& dump) {
    reseal(dump, [&](Manifest& manifest) {
        manifest.files.clear();
        for (const auto& [path, bytes] : contents_of(dump)) {
            if (path != "manifest.json") manifest.files.push_back(entry_of(dump, path));
        }
    });
}

void change_rows(
    const fs::path& dump, const std::string& table, const std::function<void(std::string&)>& change
) {
    const Manifest manifest = parse_manifest(read_text(dump / "manifest.json"));
    for (const TableContent& content : manifest.tables) {
        if (content.name != table) continue;
        const fs::path file = dump / "archive" / content.file;
        std::string rows = unpack(read_text(file));
        change(rows);
        write_text(file, pack(rows));
        return reseal_files(dump);
    }
    throw std::runtime_error("the dump has no table " + table);
}

}  // namespace backupwatch
