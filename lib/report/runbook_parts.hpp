#pragma once
#include "report/runbook.hpp"
#include "report/runbook_words.hpp"

#include <string>

namespace backupwatch {

/// Pieces of runbook_steps() and runbook_alternatives().

StepTime measured_time(double seconds, Instant at);
/// Unknown where nobody has attested it, or nobody any more.
StepTime attested_time(const RunbookFacts& facts, const std::string& item);
/// Which one it is, and whether it is proven.
std::string line_of_point(
    const RunbookFacts::Point& point, const std::string& set, const RunbookWords& words
);
/// Where no provider is known either, the tool that made the backups is.
RunbookStep provider_step(const RunbookFacts& facts, const RunbookWords& words);

}  // namespace backupwatch
