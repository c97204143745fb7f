#pragma once
#include "core/incident/notice.hpp"
#include "core/wording/wording.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What to do about a check that fails, the most useful first; by check and severity.
std::vector<Advice> advice_for(const Notice& notice, const Links& links);

/// As one word of a shell's command line.
std::string shell_word(std::string_view text);

}  // namespace backupwatch
