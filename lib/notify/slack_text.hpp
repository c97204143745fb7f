#pragma once
#include <string>
#include <string_view>

namespace backupwatch {

/// A text as Slack shows it letter by letter: `& < >` are escaped, and no `@here` or `<!channel>`
/// calls anybody.
std::string slack_escaped(std::string_view text);

}  // namespace backupwatch
