#pragma once
#include "core/check/finding.hpp"
#include "core/incident/notice.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What the night brought for one backup set.
struct SetProof {
    std::string database;
    std::string set;
    Severity severity = Severity::ok;  ///< the worst of its checks
    std::string wrong{};               ///< that check and its sentence; empty: none fails
    bool is_listed = true;             ///< which backups there are is known
    bool is_drilled = false;           ///< it is to be drilled
    std::optional<ProofMention> last_backup{};
    std::optional<ProofMention> last_drill{};  ///< that passed
    std::optional<Duration> target{};          ///< of a restore
    std::optional<Instant> next{};             ///< something of it begins next
};

/// What was looked at besides: a disk, or ourselves.
struct OtherProof {
    std::string what;  ///< `disk of postry-ai`
    Severity severity = Severity::ok;
    std::string summary;
};

struct DigestFacts {
    std::vector<SetProof> sets;
    std::vector<OtherProof> others;
};

/// The daily digest: what is not proven first, the worst at the top; then what is. Bounded, however
/// many there are: what has no line of its own is named, and of the rest it is said how many.
Notice make_digest(const DigestFacts& facts, Instant now);

}  // namespace backupwatch
