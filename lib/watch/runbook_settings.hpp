#pragma once
#include "config/section.hpp"
#include "core/wording/runbook_settings.hpp"

namespace backupwatch {

Parsed<RunbookSettings::Language> parse_value(std::string_view text, As<RunbookSettings::Language>);
void describe(Section& section, RunbookSettings::Contact& contact);
void describe(Section& section, RunbookSettings::Maintenance& maintenance);
void describe(Section& section, RunbookSettings::Page& page);
void describe(Section& section, RunbookSettings& runbook);

}  // namespace backupwatch
