#pragma once
#include "process/process.hpp"

#include <filesystem>
#include <optional>

namespace backupwatch {

/// Where the server in this folder listens: `folder/socket`, which is there already. Where that is
/// too long for the address of a socket, or has letters that libpq takes for a list of hosts, a
/// folder private to `owner` is made in /run or /tmp, and noted in the link
/// `folder/socket-elsewhere`.
std::filesystem::path choose_socket_folder(
    const std::filesystem::path& folder, const std::optional<User>& owner
);

/// Removes what choose_socket_folder made elsewhere, also for a process that was killed.
void remove_socket_folder(const std::filesystem::path& folder);

}  // namespace backupwatch
