#pragma once
#include "core/time/time.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace backupwatch {

/// What is known of our own machinery.
struct SelfObservation {
    /// A slot that should have begun, and so long ago.
    struct Overdue {
        std::string slot;  ///< `check of shop/nightly`
        Duration by{};
    };
    struct Notifier {
        std::string name;
        std::size_t pending = 0;
        Duration waited{};        ///< since something waits, or since the last was taken
        bool is_failing = false;  ///< nothing that it was given last was taken
        Duration failing_for{};
        std::string error{};
    };

    Duration loop_delay{};       ///< what was to go on at once went on so much later
    Duration scheduler_quiet{};  ///< since it last went through what is due, though it was asked to
    std::vector<Overdue> overdue{};
    std::string store_error{};  ///< empty: the state was just written and read
    Duration delivery_quiet{};  ///< since somebody last went through what is to be told
    Duration judging_late{};    ///< what time alone brings to incidents should have been judged
    std::vector<Notifier> notifiers{};
};

/// Why nobody should rely on us; empty: the machinery turns. Pure. That one of several notifiers
/// fails is told by the others; that none takes anything, nobody can tell but who misses us.
std::vector<std::string> self_audit(const SelfObservation& observed);

/// Of those, what another process would do better: something of ours stands still. Empty: none
/// does. Then systemd's watchdog may be told that we live. What refuses us (a state that cannot be
/// written, a mail server) would refuse the next process as well, and is told by this one.
std::vector<std::string> standstills(const SelfObservation& observed);

}  // namespace backupwatch
