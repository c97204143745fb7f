#pragma once
#include "watch/alert_settings.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// Who would not be told of what, though the configuration is valid; a sentence each.
std::vector<std::string> advice_on_who_is_told(const AlertSettings& alerts);

}  // namespace backupwatch
