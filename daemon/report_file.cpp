#include "report_file.hpp"

#include "core/system_failure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace backupwatch {
namespace {

Failure failure_of(const std::filesystem::path& path, int error) {
    return system_failure(
        "write the report " + path.string(),
        error,
        "Name a file that you can write, in a folder that exists."
    );
}

}  // namespace

ReportFile::ReportFile(std::filesystem::path path) : path_(std::move(path)) {
    const int flags = O_WRONLY | O_CLOEXEC;
    descriptor_ = ::open(path_.c_str(), flags | O_CREAT | O_EXCL, 0666);
    is_new_ = descriptor_ >= 0;
    if (!is_new_ && errno == EEXIST) descriptor_ = ::open(path_.c_str(), flags);
    if (descriptor_ < 0) throw failure_of(path_, errno);
}

ReportFile::~ReportFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (is_new_) ::unlink(path_.c_str());
}

void ReportFile::write(const std::string& text) {
    // A pipe or a terminal cannot be cut, and need not be.
    if (::ftruncate(descriptor_, 0) < 0 && errno != EINVAL) throw failure_of(path_, errno);
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto written = ::write(descriptor_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw failure_of(path_, errno);
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    const int closed = ::close(std::exchange(descriptor_, -1));
    if (closed < 0) throw failure_of(path_, errno);
}

}  // namespace backupwatch
