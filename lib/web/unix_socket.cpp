#include "web/unix_socket.hpp"

#include "core/failure.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr int backlog = 128;

[[noreturn]] void fail_with_errno(const fs::path& path) {
    const int error = errno;
    throw Failure(
        error == ENOENT ? Failure::Kind::missing : Failure::Kind::denied,
        "cannot listen on \"" + path.string() + "\": " + std::system_category().message(error),
        "Make its folder, for the user that runs this."
    );
}

sockaddr_un address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& name = path.native();
    if (name.size() >= sizeof(address.sun_path)) {
        throw Failure(
            Failure::Kind::rejected,
            "cannot use \"" + name + "\" as a socket: its path is longer than " +
                std::to_string(sizeof(address.sun_path) - 1) + " bytes",
            "Choose a shorter path."
        );
    }
    std::copy(name.begin(), name.end(), address.sun_path);
    return address;
}

int new_socket(const fs::path& path) {
    const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int descriptor = ::socket(AF_UNIX, type, 0);
    if (descriptor < 0) fail_with_errno(path);
    return descriptor;
}

template <class Call>
int with_address(Call call, int descriptor, const sockaddr_un& address) {
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    return call(descriptor, generic, sizeof(address));
}

void expect_nobody(const fs::path& path, const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return;
    if (!S_ISSOCK(status.st_mode)) {
        throw Failure(
            Failure::Kind::rejected,
            "cannot listen on \"" + path.string() + "\": something else than a socket lies there"
        );
    }
    const int probe = new_socket(path);
    const bool answered = with_address(::connect, probe, address) == 0 || errno == EAGAIN;
    ::close(probe);
    if (answered) {
        throw Failure(
            Failure::Kind::rejected,
            "cannot listen on \"" + path.string() + "\": another process answers on it",
            "Stop the other daemon, or give this one a control_socket of its own."
        );
    }
}

}  // namespace

/// Bound beside and renamed: there is no moment at which the socket can be reached with a wider
/// mode, or at which a client finds none.
UnixSocketName::UnixSocketName(fs::path path) : path_(std::move(path)) {
    const sockaddr_un address = address_of(path_);
    expect_nobody(path_, address);

    fs::path beside = path_;
    beside += ".new";
    const sockaddr_un first_address = address_of(beside);
    ::unlink(beside.c_str());
    descriptor_ = new_socket(path_);
    struct stat status {};
    const bool done = with_address(::bind, descriptor_, first_address) == 0 &&
                      ::chmod(beside.c_str(), 0660) == 0 && ::listen(descriptor_, backlog) == 0 &&
                      ::stat(beside.c_str(), &status) == 0 &&
                      ::rename(beside.c_str(), path_.c_str()) == 0;
    if (!done) {
        const int error = errno;
        ::close(descriptor_);
        ::unlink(beside.c_str());
        errno = error;
        fail_with_errno(path_);
    }
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

UnixSocketName::~UnixSocketName() {
    if (descriptor_ >= 0) ::close(descriptor_);
    struct stat status {};
    const bool found = ::lstat(path_.c_str(), &status) == 0;
    if (found && status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

int UnixSocketName::release() {
    return std::exchange(descriptor_, -1);
}

}  // namespace backupwatch
