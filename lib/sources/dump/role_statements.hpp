#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// The statements of a dump's globals.sql (of pg_dumpall, or roles_script()) that psql would run
/// without a variable. Not by psql itself: who can write to the folder of a dump could have it run
/// commands of its own. Throws Failure::corrupt where it has what no such script has.
std::vector<std::string> role_statements(std::string_view script);

}  // namespace backupwatch
