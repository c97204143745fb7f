#include "process/fence.hpp"

#include "core/failure.hpp"
#include "process/keeper.hpp"
#include "process/landlock.hpp"
#include "process/seccomp.hpp"

#include <cerrno>
#include <system_error>
#include <thread>

namespace backupwatch {

namespace {

/// A kernel may know it and refuse it, in a container for one.
void try_landlock(FenceAbilities& found) {
    try {
        const Descriptor ruleset = landlock_ruleset(Fence{}, found.landlock);
        if (enter_landlock(ruleset.get())) return;
        found.no_landlock = errno;
    } catch (const Failure&) {
        found.no_landlock = EPERM;
    }
    found.landlock = 0;
}

}  // namespace

FenceAbilities probe_fence() {
    FenceAbilities found;
    found.keeper = can_keep();
    std::thread behind_it([&found] {
        found.landlock = landlock_abi();
        if (found.landlock == 0) found.no_landlock = errno;
        if (found.landlock > 0) try_landlock(found);
        found.seccomp = enter_seccomp(seccomp_program(Fence::Role::server));
    });
    behind_it.join();
    return found;
}

const FenceAbilities& fence_abilities() {
    static const FenceAbilities abilities = probe_fence();
    return abilities;
}

std::vector<std::string> fence_gaps(const FenceAbilities& abilities, bool shares_our_user) {
    const std::string culprit = "what is in a dump ";
    std::vector<std::string> gaps;
    if (!abilities.seccomp) {
        gaps.push_back(
            "this kernel filters no system calls (seccomp): " + culprit +
            "could reach the network and other servers' sockets"
        );
    }
    if (!abilities.keeper) {
        gaps.push_back(
            "this kernel lists no children of a process (CONFIG_PROC_CHILDREN): what is in a dump "
            "could start programs that outlive the drill"
        );
    }
    const std::string signals = "signal every process of ours";
    if (abilities.landlock == 0) {
        const std::string why = abilities.no_landlock == EOPNOTSUPP
                                    ? "Landlock is not switched on in this kernel (its parameter "
                                      "lsm=)"
                                    : "this kernel fences nobody from files (Landlock, " +
                                          std::generic_category().message(abilities.no_landlock) +
                                          ")";
        gaps.push_back(
            why + ": " + culprit +
            (shares_our_user ? "could read and write every file of ours, and " + signals
                             : "could read every file that is open to all users")
        );
    } else if (abilities.landlock < 6 && shares_our_user) {
        gaps.push_back(
            "Landlock of this kernel is of version " + std::to_string(abilities.landlock) +
            ", and fences from signals with 6: " + culprit + "could " + signals
        );
    }
    return gaps;
}

}  // namespace backupwatch
