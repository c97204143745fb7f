#include "postgres/traversal.hpp"

#include <sys/stat.h>

namespace backupwatch {
namespace {

bool may_pass(const struct stat& folder, const User& user) {
    if (folder.st_uid == user.uid) return (folder.st_mode & S_IXUSR) != 0;
    if (folder.st_gid == user.gid) return (folder.st_mode & S_IXGRP) != 0;
    return (folder.st_mode & S_IXOTH) != 0;
}

}  // namespace

std::optional<std::filesystem::path> first_closed_folder(
    const std::filesystem::path& folder, const User& user
) {
    std::filesystem::path place;
    for (const auto& part : folder) {
        place /= part;
        struct stat status {};
        if (::stat(place.c_str(), &status) == 0 && !may_pass(status, user)) return place;
    }
    return std::nullopt;
}

}  // namespace backupwatch
