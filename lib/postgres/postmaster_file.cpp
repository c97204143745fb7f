#include "postgres/postmaster_file.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace backupwatch {

std::optional<PostmasterFile> read_postmaster_file(const std::filesystem::path& data) {
    // Lines: number, data folder, start, port, socket folder, listen address, key and id of the
    // shared memory, status; they are added one by one as the server starts.
    std::ifstream stream(data / "postmaster.pid");
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
