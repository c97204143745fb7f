#include "postgres/postmaster_file.hpp"

#include "process/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

/// The file lies where a drill's foreign code can write: it may be a pipe that nobody fills, a link
/// to something endless, or as big as the disk.
std::string beginning_of(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode)) return {};
    std::array<char, 4096> text{};
    const auto size = ::read(file.get(), text.data(), text.size());
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

std::optional<PostmasterFile> read_postmaster_file(const std::filesystem::path& data) {
    // Lines: number, data folder, start, port, socket folder, listen address, key and id of the
    // shared memory, status; they are added one by one as the server starts.
    std::istringstream stream(beginning_of(data / "postmaster.pid"));
    std::vector<std::string> lines;
    for (std::string line; lines.size() < 8 && std::getline(stream, line);) lines.push_back(line);
    if (lines.empty()) return std::nullopt;

    PostmasterFile file;
    std::istringstream(lines[0]) >> file.pid;
    if (lines.size() > 6) {
        unsigned long key = 0;
        std::istringstream shared(lines[6]);
        if (!(shared >> key >> file.shared_memory)) file.shared_memory = -1;
    }
    file.is_ready = lines.size() > 7 && lines[7].starts_with("ready");
    return file;
}

}  // namespace backupwatch
