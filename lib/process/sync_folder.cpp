#include "process/sync_folder.hpp"

#include "core/system_failure.hpp"
#include "process/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace backupwatch {

void sync_folder(const std::filesystem::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) throw system_failure("open " + folder.string(), errno);
    if (::fsync(opened.get()) != 0 && errno != EINVAL) {
        throw system_failure("sync " + folder.string(), errno);
    }
}

}  // namespace backupwatch
