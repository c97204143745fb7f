#include "core/system_failure.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace backupwatch {

Failure::Kind kind_of_system_error(int error) {
    switch (error) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EAGAIN:
            return Failure::Kind::exhausted;
        case ENOENT:
        case ENOTDIR:
            return Failure::Kind::missing;
        case EACCES:
        case EPERM:
        case EROFS:
            return Failure::Kind::denied;
        case EEXIST:
            return Failure::Kind::rejected;
        case ESTALE:
        case ENODEV:
        case ENXIO:
        case ETIMEDOUT:
        case EHOSTDOWN:
        case EHOSTUNREACH:
            return Failure::Kind::unreachable;
        default:
            return Failure::Kind::internal;
    }
}

Failure system_failure(const std::string& operation, int error, std::string hint) {
    return {
        kind_of_system_error(error),
        "cannot " + operation + ": " + std::system_category().message(error),
        std::move(hint)};
}

}  // namespace backupwatch
