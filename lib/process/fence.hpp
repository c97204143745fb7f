#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace backupwatch {

/// What a child, and all that it starts, may do on this machine. Nobody gets out of it again, and
/// it is no weaker for root. Neither has a network: the only sockets are those of Unix.
struct Fence {
    enum class Role {
        server,  ///< connects to nobody, and may start programs and threads
        client,  ///< connects to the sockets that its user may connect to
    };

    Role role = Role::server;
    /// Files, and folders with all below them. What is not there, or not to be
    /// come by, is left out.
    std::vector<std::filesystem::path> readable{};
    std::vector<std::filesystem::path> executable{};  ///< readable, too
    std::vector<std::filesystem::path> writable{};    ///< readable, too; but not executable
    /// What one process may map, in bytes; 0: as much as it likes.
    std::uint64_t address_space = 0;
    /// How many its user may run when it is started, counted as the kernel does: threads, and those
    /// of others and in containers; 0: as many as it likes.
    std::uint64_t processes = 0;
};

/// What fences are made of, as this kernel has it.
struct FenceAbilities {
    bool seccomp = false;
    int landlock = 0;     ///< its ABI, 0 for none
    int no_landlock = 0;  ///< then why: an error number
    bool keeper = false;  ///< whatever a server starts is found, and ended with it
};

/// Tries them out, on a thread that ends behind the fence.
FenceAbilities probe_fence();
/// The same, tried out once.
const FenceAbilities& fence_abilities();

/// One sentence for each part that cannot be had. Pure. `shares_our_user`: the fenced run as the
/// user that we are.
std::vector<std::string> fence_gaps(const FenceAbilities& abilities, bool shares_our_user);

}  // namespace backupwatch
