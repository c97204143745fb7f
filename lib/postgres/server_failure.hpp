#pragma once
#include "core/failure.hpp"

#include <string>
#include <string_view>

namespace backupwatch {

/// A failure of initdb or postgres, whose kind is read from what the program said: a full disk or
/// no memory is not a fault of the backup.
inline Failure server_failure(const std::string& what, const std::string& said) {
    for (const std::string_view sign :
         {"No space left on device", "Disk quota exceeded", "Cannot allocate memory"}) {
        if (said.find(sign) != said.npos) {
            return Failure(Failure::Kind::exhausted, what + ": " + said);
        }
    }
    return Failure(Failure::Kind::internal, what + ": " + said);
}

}  // namespace backupwatch
