#include "postgres/socket_folder.hpp"

#include "core/failure.hpp"

#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace backupwatch {
namespace {

using Path = std::filesystem::path;

constexpr std::string_view socket_name = ".s.PGSQL.5432";
constexpr std::string_view link_name = "socket-elsewhere";
constexpr std::string_view short_name = "backupwatch-socket-";

bool fits(const Path& folder) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=@:";
    const std::string text = folder.string();
    return text.find_first_not_of(plain) == text.npos &&
           text.size() + 1 + socket_name.size() < sizeof(sockaddr_un::sun_path);
}

[[noreturn]] void fail(const Path& folder, int error) {
    throw Failure(
        Failure::Kind::internal,
        "cannot make the socket's folder " + folder.string() + ": " +
            std::generic_category().message(error)
    );
}

Path make_short_folder() {
    const char* root = ::access("/run", W_OK) == 0 ? "/run/" : "/tmp/";
    std::string name = root + std::string(short_name) + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) fail(name, errno);
    return name;
}

/// Only what is certainly ours: a drill can change the link.
bool is_short_folder(const Path& folder) {
    const Path parent = folder.parent_path();
    return (parent == "/run" || parent == "/tmp") &&
           folder.filename().string().starts_with(short_name);
}

}  // namespace

Path choose_socket_folder(const Path& folder, const std::optional<User>& owner) {
    if (fits(folder / "socket")) return folder / "socket";
    const Path elsewhere = make_short_folder();
    if (::symlink(elsewhere.c_str(), (folder / link_name).c_str()) < 0 ||
        (owner && ::chown(elsewhere.c_str(), owner->uid, owner->gid) < 0)) {
        const int error = errno;
        ::rmdir(elsewhere.c_str());
        fail(elsewhere, error);
    }
    return elsewhere;
}

void remove_socket_folder(const Path& folder) {
    std::error_code no_link;
    const Path elsewhere = std::filesystem::read_symlink(folder / link_name, no_link);
    if (no_link || !is_short_folder(elsewhere)) return;
    // By name, and never what else lies there or where another link points.
    const std::string socket(socket_name);
    ::unlink((elsewhere / socket).c_str());
    ::unlink((elsewhere / (socket + ".lock")).c_str());
    ::rmdir(elsewhere.c_str());
    ::unlink((folder / link_name).c_str());
}

}  // namespace backupwatch
