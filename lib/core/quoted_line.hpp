#pragma once
#include <string>
#include <string_view>

namespace backupwatch {

/// In double quotes and on one line, as the fields of a log line are written and read back:
/// `"`, `\` and control characters are escaped, a newline as `\n`. (Not
/// called `quoted`: for a std::string, std::quoted would be found as well.)
std::string quoted_line(std::string_view text);

}  // namespace backupwatch
