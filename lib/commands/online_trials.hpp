#pragma once
#include "commands/online_facts.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What came of one thing that was tried.
enum class Verdict {
    ok,
    advice,   ///< dumps and drills work, but someone should know
    unknown,  ///< cannot be told from here now
    problem   ///< a dump, a drill or a restore would fail
};
std::string_view to_string(Verdict verdict);

struct Trial {
    std::string database;  ///< empty: of this host, a restore target, or a notifier
    std::string set;       ///< empty: of the whole database
    std::string what;      ///< log-in | server | snapshot | rights | programs | extensions | ...
    Verdict verdict = Verdict::ok;
    std::string sentence{};
    std::string hint{};  ///< one action, or empty
    std::string notifier{};
    std::string target{};  ///< of `restore_targets`
};

/// The same, of what failed so: as a problem, or as what cannot be told now.
Trial failed(Trial trial, const Failure& failure);

/// Pure: every trial, in the order of the configuration, this host's first, then the databases',
/// the restore targets' and the notifiers'.
std::vector<Trial> judge_online(const OnlineFacts& facts);

/// 0: all is well, or advice only; 2: there is a problem; 3: something cannot be told.
int exit_code(const std::vector<Trial>& trials);

}  // namespace backupwatch
