#include "postgres/drill_fence.hpp"

#include "postgres/cluster.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

using Path = std::filesystem::path;

constexpr std::uint64_t gibibyte = 1ull << 30;

/// What programs are made of. `/bin` and `/lib` are links today, and were folders.
constexpr const char* system_folders[] = {
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"};

/// Where the loader of programs lies, beside libraries, which need not be executable to be used.
constexpr const char* library_folders[] = {
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/nix/store", "/gnu/store"};

/// What libc, OpenSSL, ICU and PostgreSQL read of this machine: nothing secret.
constexpr const char* system_files[] = {
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/locale.alias",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/openssl.cnf",
    "/etc/crypto-policies",
    "/var/cache/postgresql/dicts",  // where Debian keeps dictionaries of text search
    "/dev/random",
    "/dev/urandom",
};

constexpr const char* devices[] = {"/dev/null", "/dev/zero", "/dev/full"};

/// An installation may lie anywhere: PostgreSQL finds the rest of itself from its programs' folder.
std::vector<Path> folders_of(const Installation& installation) {
    std::vector<Path> folders{installation.bin};
    for (const char* name : {"lib", "lib64", "share"}) {
        folders.push_back(installation.bin / ".." / name);
    }
    return folders;
}

template <class Range>
void append(std::vector<Path>& paths, const Range& more) {
    paths.insert(paths.end(), std::begin(more), std::end(more));
}

Fence fence_for(
    Fence::Role role,
    const Installation& installation,
    std::vector<Path> own,
    const Machine& machine
) {
    Fence fence;
    fence.role = role;
    append(fence.readable, system_files);
    append(fence.executable, system_folders);
    append(fence.executable, folders_of(installation));
    append(fence.writable, devices);
    append(fence.writable, own);
    fence.address_space = drill_address_space(machine);
    return fence;
}

}  // namespace

Fence server_fence(
    const Installation& installation, std::vector<Path> own_folders, const Machine& machine
) {
    return fence_for(Fence::Role::server, installation, std::move(own_folders), machine);
}

Fence initdb_fence(const Installation& installation, Path own_folder, const Machine& machine) {
    return fence_for(Fence::Role::client, installation, {std::move(own_folder)}, machine);
}

Fence loader_fence(const Installation& installation, Path folder, const Machine& machine) {
    Fence fence = fence_for(Fence::Role::client, installation, {}, machine);
    append(fence.readable, fence.executable);
    fence.readable.push_back(std::move(folder));
    fence.executable.clear();
    append(fence.executable, library_folders);
    return fence;
}

std::vector<std::string> sandbox_gaps() {
    return fence_gaps(fence_abilities(), !drill_user());
}

std::uint64_t drill_address_space(const Machine& machine) {
    // One value may have 1 GiB, of which text form, row and message are copies of their own; and
    // libraries, locales and shared buffers take room that is no memory of the process. Beyond
    // that half of the machine is for one: all together they are bounded by the kernel, which ends
    // them first where memory runs out.
    return shared_buffers(machine) + std::max(machine.memory / 2, 6 * gibibyte);
}

}  // namespace backupwatch
