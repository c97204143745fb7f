#include "config/environment.hpp"

#include <cstdlib>

namespace backupwatch {

std::optional<std::string> environment_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): see the header
    if (value == nullptr) return std::nullopt;
    return value;
}

}  // namespace backupwatch
