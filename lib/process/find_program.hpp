#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace backupwatch {

/// The file that `program` names: itself with a slash, otherwise the first in the folders of
/// `search_path` (as of $PATH) that we may execute. Throws Failure (missing, denied) where there is
/// none, or where it is no program. Blocking.
std::filesystem::path find_program(
    const std::filesystem::path& program, std::string_view search_path
);

/// The home folder of the user that we are, for a program's $HOME. Not our own $HOME: started as
/// root, it is root's, whoever we are by now.
std::string our_home();

}  // namespace backupwatch
