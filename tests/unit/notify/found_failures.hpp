#pragma once
#include "core/incident/incident.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// A check that fails, and then passes, as the real checks find it: so the sentences are the ones
/// that people will read.
struct FoundFailure {
    std::string name;  ///< of the check, ours apart; one golden file each
    std::string what;  ///< which of its failures
    IncidentKey key;
    std::vector<Finding> failing;  ///< all of that database, so that one may follow from another
    std::vector<Finding> passing;
    Instant found_at;
    Instant passed_at;
    Proofs proofs;                       ///< when it was found
    Proofs proofs_then;                  ///< when it passed
    std::vector<Silence> silences{};     ///< when it was found
    std::vector<std::string> members{};  ///< of a shared cause: the databases that it makes fail
};

/// Every check with every severity that it can be told with.
std::vector<FoundFailure> found_failures();

}  // namespace backupwatch
