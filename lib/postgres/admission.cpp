#include "postgres/admission.hpp"

#include "process/descriptor.hpp"

#include <endian.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <cstdint>
#include <string>

namespace backupwatch {
namespace {

constexpr const char* server_socket = ".s.PGSQL.5432";

/// As the kernel reads it: what the mode says, and one user more.
struct AccessList {
    std::uint32_t version = htole32(POSIX_ACL_XATTR_VERSION);
    struct Entry {
        std::uint16_t tag;
        std::uint16_t rights;
        std::uint32_t id;
    };
    std::array<Entry, 5> entries;
};

AccessList access_list(mode_t mode, uid_t reader, unsigned rights) {
    const auto entry = [](unsigned tag, unsigned of_it, std::uint32_t id = ~0U) {
        return AccessList::Entry{
            htole16(static_cast<std::uint16_t>(tag)),
            htole16(static_cast<std::uint16_t>(of_it & 7U)),
            htole32(id)};
    };
    const unsigned group = mode >> 3;
    AccessList list;
    list.entries = {
        entry(ACL_USER_OBJ, mode >> 6),
        entry(ACL_USER, rights, reader),
        entry(ACL_GROUP_OBJ, group),
        entry(ACL_MASK, group | rights),
        entry(ACL_OTHER, mode)};
    return list;
}

/// By its descriptor: a link that leads elsewhere, or what belongs to somebody else, is left alone.
bool add_reader(const Descriptor& place, mode_t kind, uid_t owner, uid_t reader, unsigned rights) {
    struct stat status {};
    if (!place || ::fstat(place.get(), &status) < 0) return false;
    if ((status.st_mode & S_IFMT) != kind || status.st_uid != owner) return false;
    const AccessList list = access_list(status.st_mode, reader, rights);
    const std::string name = "/proc/self/fd/" + std::to_string(place.get());
    return ::setxattr(name.c_str(), "system.posix_acl_access", &list, sizeof list, 0) == 0;
}

}  // namespace

bool admit(
    const std::filesystem::path& folder,
    const std::filesystem::path& socket_folder,
    uid_t owner,
    uid_t reader
) {
    constexpr int place = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    const Descriptor outer(::open(folder.c_str(), place));
    const Descriptor inner(::open(socket_folder.c_str(), place));
    const Descriptor socket(inner ? ::openat(inner.get(), server_socket, place) : -1);
    // From the innermost out: who may not enter yet reaches nothing that is half open.
    return add_reader(socket, S_IFSOCK, owner, reader, ACL_READ | ACL_WRITE) &&
           add_reader(inner, S_IFDIR, owner, reader, ACL_EXECUTE) &&
           add_reader(outer, S_IFDIR, owner, reader, ACL_EXECUTE);
}

}  // namespace backupwatch
