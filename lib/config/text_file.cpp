#include "config/text_file.hpp"

#include "core/size.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace backupwatch {

std::variant<std::string, Complaint> read_text_file(
    const std::filesystem::path& path, std::size_t limit
) {
    const auto failed = [] {
        return Complaint{"cannot be read: " + std::generic_category().message(errno)};
    };
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return failed();

    std::string text;
    std::array<char, 64 * 1024> buffer;
    for (;;) {
        const ssize_t count = ::read(file, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            Complaint complaint = failed();
            ::close(file);
            return complaint;
        }
        if (count == 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(count));
        // Read to see it, not believed from stat: a pipe or a device has no size.
        if (text.size() > limit) break;
    }
    ::close(file);
    if (text.size() > limit) return Complaint{"is larger than " + size_text(limit)};
    return text;
}

}  // namespace backupwatch
