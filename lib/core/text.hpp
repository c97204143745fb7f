#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace backupwatch {

/// Texts of someone else's (names, errors of servers), as they may be shown in any place.

/// On one line: valid UTF-8 (what is not becomes U+FFFD), without control characters and without
/// those that turn round the direction of what stands beside them; runs of blanks become one, and
/// none is left at either end.
std::string clean_line(std::string_view text);

/// At most so many code points of valid UTF-8; what is cut ends with an ellipsis, which counts.
std::string cut(std::string_view text, std::size_t most);
/// The same in bytes, for limits that count characters in a way we do not know.
std::string cut_bytes(std::string_view text, std::size_t most);
std::size_t code_points(std::string_view text);

/// Whether it stood at the front of the text, from which it is gone then.
bool take_prefix(std::string_view& text, std::string_view prefix);

}  // namespace backupwatch
