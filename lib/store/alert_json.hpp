#pragma once
#include "core/incident/incident.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

// What of incidents and the outbox lies in the file as JSON. Reading throws Failure::corrupt for
// what nobody of us can have written; a key that is missing has its default, so that a newer
// version may add one.

std::string notice_text(const Notice& notice);
Notice notice_of_text(std::string_view text);

std::string told_text(const std::vector<LedgerEntry>& told);
std::vector<LedgerEntry> told_of_text(std::string_view text);

std::string finding_text(const Finding& finding);
/// Database, set and check are the row's own.
Finding finding_of_text(std::string_view text);

}  // namespace backupwatch
