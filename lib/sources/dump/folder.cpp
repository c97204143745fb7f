#include "sources/dump/folder.hpp"

#include "process/sync_folder.hpp"
#include "process/workspace.hpp"
#include "sources/dump/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view removed_prefix = ".removed-";

bool is_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_there(const fs::path& path) {
    return fs::exists(fs::symlink_status(path));
}

}  // namespace

std::string dump_id(Instant started_at, int nth) {
    const auto second = std::chrono::floor<std::chrono::seconds>(started_at);
    std::string id = to_rfc3339(second);  // 2026-11-22T03:00:00Z
    std::erase_if(id, [](char c) { return c == '-' || c == ':'; });
    if (nth > 1) id += "-" + std::to_string(nth);
    return id;
}

bool is_dump_id(std::string_view name) {
    constexpr std::size_t stem = 16;
    if (name.size() < stem || name[8] != 'T' || name[15] != 'Z') return false;
    if (!is_digits(name.substr(0, 8)) || !is_digits(name.substr(9, 6))) return false;
    if (name.size() == stem) return true;
    const auto nth = name.substr(stem + 1);
    return name[stem] == '-' && !nth.empty() && nth.size() <= 6 && is_digits(nth);
}

std::optional<Instant> instant_of(const std::string& id) {
    if (!is_dump_id(id)) return std::nullopt;
    return parse_rfc3339(
        id.substr(0, 4) + "-" + id.substr(4, 2) + "-" + id.substr(6, 5) + ":" + id.substr(11, 2) +
        ":" + id.substr(13, 3)
    );
}

std::string free_id(const fs::path& directory, Instant started_at) {
    for (int nth = 1;; ++nth) {
        std::string id = dump_id(started_at, nth);
        const bool taken = is_there(directory / id) ||
                           is_there(directory / (std::string(partial_prefix) + id)) ||
                           is_there(directory / (std::string(removed_prefix) + id));
        if (!taken) return id;
    }
}

std::vector<std::string> dump_ids(const fs::path& directory) {
    std::error_code error;
    std::vector<std::string> ids;
    fs::directory_iterator entries(directory, error);
    while (!error && entries != fs::directory_iterator()) {
        auto name = entries->path().filename().string();
        if (is_dump_id(name)) ids.push_back(std::move(name));
        entries.increment(error);
    }
    if (error) throw file_failure("list the dumps in", directory, error.value());
    return ids;
}

void make_directory(const fs::path& directory) {
    std::error_code error;
    const bool made = fs::create_directories(directory, error);
    if (made && !error) fs::permissions(directory, fs::perms::owner_all, error);
    if (error) throw file_failure("create", directory, error.value());
}

void remove_dump(const fs::path& directory, const std::string& id) {
    const fs::path removed = directory / (std::string(removed_prefix) + id);
    std::error_code error;
    fs::rename(directory / id, removed, error);
    if (error) throw file_failure("remove", directory / id, error.value());
    sync_folder(directory);
    fs::remove_all(removed, error);
    if (error) throw file_failure("remove", removed, error.value());
}

void remove_left_overs(const fs::path& directory) {
    Workspace::remove_stale(directory, partial_prefix);
    // Nobody works in these: whoever began to remove them is gone.
    Workspace::remove_stale(directory, removed_prefix);
}

}  // namespace backupwatch
