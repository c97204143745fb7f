#include "postgres/cluster.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace backupwatch {

std::optional<User> drill_user() {
    if (::geteuid() != 0) return std::nullopt;
    for (const char* name : {"backupwatch", "nobody"}) {
        passwd entry{};
        passwd* found = nullptr;
        std::array<char, 16384> buffer;
        ::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found);
        if (found != nullptr && found->pw_uid != 0) return User{found->pw_uid, found->pw_gid};
    }
    return std::nullopt;
}

}  // namespace backupwatch
