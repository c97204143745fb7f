#include "process/find_program.hpp"

#include "core/failure.hpp"
#include "core/system_failure.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& file) {
    std::error_code unreadable;
    return fs::is_regular_file(file, unreadable) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

fs::path find_program(const fs::path& program, std::string_view search_path) {
    if (program.has_parent_path()) {
        if (is_program(program)) return program;
        const std::string what = "run " + program.string();
        if (::access(program.c_str(), X_OK) != 0) throw system_failure(what, errno);
        throw Failure(Failure::Kind::denied, "cannot " + what + ": it is no file");
    }
    for (std::string_view folders = search_path; !folders.empty();) {
        const auto colon = std::min(folders.find(':'), folders.size());
        const fs::path candidate = fs::path(folders.substr(0, colon)) / program;
        if (candidate.is_absolute() && is_program(candidate)) return candidate;
        folders.remove_prefix(std::min(colon + 1, folders.size()));
    }
    throw Failure(
        Failure::Kind::missing,
        "cannot run " + program.string() + ": there is no such program in " +
            std::string(search_path)
    );
}

std::string our_home() {
    std::vector<char> text(16 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(::geteuid(), &entry, text.data(), text.size(), &found);
    return found == nullptr ? "/" : found->pw_dir;
}

}  // namespace backupwatch
