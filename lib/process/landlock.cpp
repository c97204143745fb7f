#include "process/landlock.hpp"

#include "core/system_failure.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace backupwatch {
namespace {

// The kernel's own header of this system may be older than the kernel: linux/landlock.h.
constexpr std::uint64_t execute_file = 1 << 0;
constexpr std::uint64_t write_file = 1 << 1;
constexpr std::uint64_t read_file = 1 << 2;
constexpr std::uint64_t read_folder = 1 << 3;
constexpr std::uint64_t change_folder = 0x1ff << 4;  ///< make and remove what lies in it
constexpr std::uint64_t make_devices = 1 << 6 | 1 << 11;
constexpr std::uint64_t move_between_folders = 1 << 13;  ///< from version 2 on
constexpr std::uint64_t truncate_file = 1 << 14;         ///< 3
constexpr std::uint64_t control_devices = 1 << 15;       ///< 5
constexpr std::uint64_t use_tcp = 1 << 0 | 1 << 1;       ///< 4: bind and connect
constexpr std::uint64_t scope_all = 1 << 0 | 1 << 1;     ///< 6: abstract sockets and signals

constexpr std::uint64_t of_files =
    execute_file | write_file | read_file | truncate_file | control_devices;

struct RulesetAttributes {
    std::uint64_t files;
    std::uint64_t network;
    std::uint64_t scoped;
};

struct __attribute__((packed)) PathAttributes {
    std::uint64_t allowed;
    std::int32_t path;
};

constexpr int rule_of_a_path = 1;
constexpr unsigned ask_for_version = 1;

std::uint64_t known_of_files(int abi) {
    std::uint64_t known = execute_file | write_file | read_file | read_folder | change_folder;
    if (abi >= 2) known |= move_between_folders;
    if (abi >= 3) known |= truncate_file;
    if (abi >= 5) known |= control_devices;
    return known;
}

class Ruleset {
  public:
    explicit Ruleset(int abi) : known_(known_of_files(abi)) {
        RulesetAttributes attributes{known_, abi >= 4 ? use_tcp : 0, abi >= 6 ? scope_all : 0};
        ruleset_ = Descriptor(static_cast<int>(
            ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)
        ));
        if (!ruleset_) throw system_failure("fence a process from files", errno);
    }

    void allow(const std::filesystem::path& path, std::uint64_t rights) {
        const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
        // What we ourselves cannot come by, it could not either.
        if (!place && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return;
        struct stat status {};
        if (!place || ::fstat(place.get(), &status) < 0) fail(path);
        if (!S_ISDIR(status.st_mode)) rights &= of_files;
        const PathAttributes attributes{rights & known_, place.get()};
        const auto added =
            ::syscall(SYS_landlock_add_rule, ruleset_.get(), rule_of_a_path, &attributes, 0);
        if (added < 0) fail(path);
    }

    Descriptor take() { return std::move(ruleset_); }

  private:
    [[noreturn]] static void fail(const std::filesystem::path& path) {
        throw system_failure("let a fenced process see " + path.string(), errno);
    }

    std::uint64_t known_;
    Descriptor ruleset_;
};

}  // namespace

int landlock_abi() {
    const auto abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_for_version);
    return abi < 0 ? 0 : static_cast<int>(abi);
}

Descriptor landlock_ruleset(const Fence& fence, int abi) {
    constexpr std::uint64_t read = read_file | read_folder;
    constexpr std::uint64_t write =
        read | write_file | truncate_file | move_between_folders | (change_folder & ~make_devices);
    Ruleset ruleset(abi);
    for (const auto& path : fence.readable) ruleset.allow(path, read);
    for (const auto& path : fence.executable) ruleset.allow(path, read | execute_file);
    for (const auto& path : fence.writable) ruleset.allow(path, write);
    return ruleset.take();
}

bool enter_landlock(int ruleset) {
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

}  // namespace backupwatch
