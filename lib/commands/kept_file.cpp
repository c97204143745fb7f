#include "commands/kept_file.hpp"

#include "core/system_failure.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fstream>

namespace backupwatch {

namespace fs = std::filesystem;

/// Under a name of its own until it is whole, since drills of two sets, or of two processes, may
/// end together.
void write_whole(const fs::path& file, const std::string& text) {
    static std::atomic<unsigned> written = 0;
    const std::string own = std::to_string(::getpid()) + "-" + std::to_string(++written);
    const fs::path partial = file.string() + ".partial-" + own;
    std::ofstream out(partial, std::ios::trunc);
    out << text;
    out.close();
    if (!out) throw system_failure("write " + partial.string(), errno);
    if (std::rename(partial.c_str(), file.c_str()) != 0) {
        throw system_failure("write " + file.string(), errno);
    }
}

void write_for_all(const fs::path& file, const std::string& text) {
    const fs::path folder = file.parent_path();
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw system_failure("make " + folder.string(), error.value());
    for (const fs::path& passed : {folder.parent_path(), folder}) ::chmod(passed.c_str(), 0755);
    write_whole(file, text);
    ::chmod(file.c_str(), 0644);
}

}  // namespace backupwatch
