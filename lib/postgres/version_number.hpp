#pragma once
#include <string_view>

namespace backupwatch {

/// `15.20 (Debian 15.20-0+deb12u1)` as 150020, `9.6.3` as 90603, `18beta1` as 180000, as a server
/// counts them itself. 0 for what is no version, and for an absurd one.
int version_number(std::string_view text);

}  // namespace backupwatch
