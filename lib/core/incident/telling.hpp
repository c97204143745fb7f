#pragma once
#include "core/incident/incident.hpp"

#include <optional>
#include <vector>

namespace backupwatch {

/// What every notice of an incident says.
Notice notice_of(const Incident& incident, NoticeKind kind, const Proofs& proofs, Instant now);

/// Adds what is due to each lane of an incident that goes on, and notes in its ledger that it is
/// told. `context`: what is told beside the finding itself. `leader`: what it follows from; who
/// hears of that is not told of this.
void tell_what_is_due(
    Incident& incident,
    const AlertPolicy& policy,
    Instant now,
    std::optional<Instant> clock_doubted_before,
    const Notice& context,
    const std::optional<Leader>& leader,
    std::vector<Addressed>& notices
);

/// Adds the end, for exactly those who were told of the problem, silenced or not.
void tell_end(
    const Incident& incident,
    NoticeKind kind,
    const Notice& context,
    const AlertPolicy& policy,
    std::vector<Addressed>& notices
);

}  // namespace backupwatch
