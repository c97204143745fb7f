#include "sources/dump/inspection.hpp"

#include "process/workspace.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/manifest_json.hpp"

#include <map>
#include <system_error>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// Every file below `folder` with its size, links and other oddities with none.
std::map<std::string, std::optional<std::uint64_t>> files_below(const fs::path& folder) {
    std::map<std::string, std::optional<std::uint64_t>> files;
    std::error_code error;
    fs::recursive_directory_iterator entries(folder, error);
    if (error) throw read_failure("list", folder, error.value());
    while (entries != fs::recursive_directory_iterator()) {
        const auto status = entries->symlink_status(error);
        if (!error && !fs::is_directory(status)) {
            auto& size = files[entries->path().lexically_relative(folder).string()];
            if (fs::is_regular_file(status)) size = entries->file_size(error);
        }
        if (!error) entries.increment(error);
        if (error) throw read_failure("list", folder, error.value());
    }
    return files;
}

std::string bytes(std::uint64_t count) {
    return std::to_string(count) + " bytes";
}

std::optional<std::string> size_damage(const FileEntry& expected, std::uint64_t size) {
    if (size == expected.size) return std::nullopt;
    if (size == 0) return expected.path + " is empty instead of " + bytes(expected.size);
    if (size < expected.size) {
        return expected.path + " is cut short: " + std::to_string(size) + " of " +
               bytes(expected.size);
    }
    return expected.path + " is too long: " + bytes(size) + " instead of " + bytes(expected.size);
}

}  // namespace

std::optional<std::string> find_damage(
    const fs::path& folder, const std::vector<FileEntry>& files
) {
    auto found = files_below(folder);
    found.erase(std::string(manifest_name));
    found.erase(Workspace::lock_name);  // of one that took it and ended just then
    for (const FileEntry& expected : files) {
        const auto file = found.find(expected.path);
        if (file == found.end()) return expected.path + " is missing";
        if (!file->second) return expected.path + " is not an ordinary file";
        if (auto damage = size_damage(expected, *file->second)) return damage;
        found.erase(file);
    }
    if (!found.empty()) return found.begin()->first + " is not of this dump";
    return std::nullopt;
}

Manifest read_manifest(const fs::path& folder) {
    if (!fs::exists(status_of(folder))) {
        throw Failure(
            Failure::Kind::missing,
            "there is no dump " + folder.filename().string() + " in " +
                folder.parent_path().string()
        );
    }
    const fs::path path = folder / manifest_name;
    if (!fs::exists(status_of(path))) {
        throw Failure(
            Failure::Kind::corrupt,
            "the dump " + folder.filename().string() + " has no manifest.json"
        );
    }
    const std::string text = read_file(path, manifest_size_limit);
    if (text.empty()) throw Failure(Failure::Kind::corrupt, "manifest.json is empty");
    Manifest manifest = parse_manifest(text);
    if (manifest.id != folder.filename().string()) {
        throw Failure(
            Failure::Kind::corrupt,
            "the folder " + folder.filename().string() + " holds the dump " + manifest.id +
                ": it was renamed"
        );
    }
    return manifest;
}

}  // namespace backupwatch
