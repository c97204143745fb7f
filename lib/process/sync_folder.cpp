#include "process/sync_folder.hpp"

#include "core/system_failure.hpp"
#include "process/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace backupwatch {
namespace {

Descriptor open_file(const std::filesystem::path& file) {
    Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) throw system_failure("open " + file.string(), errno);
    return opened;
}

}  // namespace

void sync_folder(const std::filesystem::path& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) throw system_failure("open " + folder.string(), errno);
    if (::fsync(opened.get()) != 0 && errno != EINVAL) {
        throw system_failure("sync " + folder.string(), errno);
    }
}

void sync_tree(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> folders{folder};
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_symlink()) continue;
        (entry.is_directory() ? folders : files).push_back(entry.path());
    }
    // On their way all at once, so that the first wait is for most of them.
    for (const auto& file : files) {
        const Descriptor opened = open_file(file);
        ::sync_file_range(opened.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    for (const auto& file : files) {
        const Descriptor opened = open_file(file);
        if (::fsync(opened.get()) != 0) throw system_failure("sync " + file.string(), errno);
    }
    for (const auto& below : folders) sync_folder(below);
}

}  // namespace backupwatch
