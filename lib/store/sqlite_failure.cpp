#include "store/sqlite_failure.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace backupwatch {
namespace {

using Kind = Failure::Kind;

/// A quota and a file size limit are full disks too, though SQLite calls only ENOSPC one.
bool is_full(int system_error) {
    return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG ||
           system_error == EMFILE || system_error == ENFILE;
}

Kind kind_of(int code, int system_error) {
    switch (code) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Kind::timeout;
        case SQLITE_FULL:
        case SQLITE_NOMEM:
            return Kind::exhausted;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Kind::corrupt;
        case SQLITE_IOERR:
            return is_full(system_error) ? Kind::exhausted : Kind::unreachable;
        case SQLITE_CANTOPEN:
            if (system_error == ENOENT) return Kind::missing;
            return is_full(system_error) ? Kind::exhausted : Kind::denied;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return Kind::denied;
        default:
            return Kind::internal;
    }
}

std::string_view hint_of(Kind kind) {
    switch (kind) {
        case Kind::timeout:
            return "Look for another backupwatch that is stuck on this folder.";
        case Kind::exhausted:
            return "Free space on the volume of the state folder.";
        case Kind::corrupt:
            return "Restart backupwatch: it moves the file aside and begins anew.";
        case Kind::denied:
            return "Give the state folder and its files to the user that runs this.";
        case Kind::unreachable:
            return "Look for errors of the disk in the kernel's log.";
        default:
            return "";
    }
}

}  // namespace

Failure sqlite_failure(
    const std::string& action,
    const std::filesystem::path& file,
    const SQLite::Exception& error,
    int system_error
) {
    const int code = error.getErrorCode() & 0xff;
    const Kind kind = kind_of(code, system_error);
    std::string cause = error.what();
    if (kind == Kind::timeout) cause = "another process holds it";
    const bool below = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
    if (below && system_error != 0) {
        cause += " (" + std::system_category().message(system_error) + ")";
    }
    const std::string message = "cannot " + action + " in \"" + file.string() + "\": " + cause;
    return Failure(kind, message, std::string(hint_of(kind)));
}

}  // namespace backupwatch
