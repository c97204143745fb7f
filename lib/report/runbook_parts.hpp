#pragma once
#include "report/runbook.hpp"
#include "report/runbook_words.hpp"

#include <string>
#include <string_view>

namespace backupwatch {

/// Pieces of runbook_steps() and runbook_alternatives().

StepTime measured_time(double seconds, Instant at);
/// Unknown where nobody has attested it, or nobody any more.
StepTime attested_time(const RunbookFacts& facts, const std::string& item);
/// Which one it is, and whether it is proven.
std::string line_of_point(
    const RunbookFacts::Point& point, const std::string& set, const RunbookWords& words
);
/// `backupwatch backup shop/nightly --label before`, in backticks: of the set that the commands are
/// filled in for, or another that we take. Empty: we take none.
std::string take_command(const RunbookFacts& facts, std::string_view label);
/// The same of any command of ours.
std::string our_command(const RunbookFacts& facts, const std::string& words);
/// Where no provider is known either, the tool that made the backups is.
RunbookStep provider_step(const RunbookFacts& facts, const RunbookWords& words);

}  // namespace backupwatch
