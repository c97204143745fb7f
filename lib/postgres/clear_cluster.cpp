#include "postgres/cluster.hpp"
#include "postgres/postmaster_file.hpp"
#include "postgres/socket_folder.hpp"

#include <sys/shm.h>
#include <sys/stat.h>

namespace backupwatch {
namespace {

/// A killed postmaster leaves the few bytes of shared memory that guard its data folder. The file
/// that tells which was in a drill's hands, so only what is its user's, and unused, is removed.
void remove_shared_memory(const std::filesystem::path& data) {
    const auto file = read_postmaster_file(data);
    struct stat owner {};
    shmid_ds memory{};
    if (!file || file->shared_memory < 0 || ::stat(data.c_str(), &owner) < 0) return;
    if (::shmctl(file->shared_memory, IPC_STAT, &memory) < 0) return;
    if (memory.shm_perm.uid != owner.st_uid || memory.shm_nattch != 0) return;
    ::shmctl(file->shared_memory, IPC_RMID, nullptr);
}

}  // namespace

void clear_cluster(const std::filesystem::path& folder) {
    kill_processes_in(folder);
    remove_shared_memory(folder / "data");
    remove_socket_folder(folder);
}

}  // namespace backupwatch
