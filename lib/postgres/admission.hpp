#pragma once
#include <sys/types.h>

#include <filesystem>

namespace backupwatch {

/// Lets one more user reach the server whose cluster is in `folder` and that listens in
/// `socket_folder`: by an access list on these folders and the socket, as far as they belong to
/// `owner`, who may be up to anything there. False where that cannot be done, for instance on a
/// file system without such lists. Blocking.
bool admit(
    const std::filesystem::path& folder,
    const std::filesystem::path& socket_folder,
    uid_t owner,
    uid_t reader
);

}  // namespace backupwatch
