#pragma once
#include "core/exhaustion.hpp"
#include "core/failure.hpp"

#include <string>

namespace backupwatch {

/// A failure of initdb or postgres, whose kind is read from what the program said: a full disk or
/// no memory is not a fault of the backup.
inline Failure server_failure(const std::string& what, const std::string& said) {
    const bool is_exhausted = exhausted_by(said) != Exhausted::nothing;
    const auto kind = is_exhausted ? Failure::Kind::exhausted : Failure::Kind::internal;
    return Failure(kind, what + ": " + said);
}

}  // namespace backupwatch
