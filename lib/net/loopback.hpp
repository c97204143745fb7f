#pragma once
#include <string>

namespace backupwatch {

/// `localhost`, and the literal addresses of this host; names are not looked up.
bool is_loopback(const std::string& host);

}  // namespace backupwatch
