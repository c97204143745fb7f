#pragma once
#include "drill/report.hpp"

#include <string>

namespace backupwatch {

/// What `drill` prints: the verdict in one sentence, then what it rests on.
std::string drill_text(const DrillReport& report);

/// The test report that a team files (`drill --report FILE.md`).
std::string drill_markdown(const DrillReport& report);

/// What the verdict rests on, of a drill and of a restore alike: lines, and sections.
std::string verified_text(const DrillReport& report);
std::string verified_markdown(const DrillReport& report);

}  // namespace backupwatch
