// What a throw-away server says of itself, in a file that its dump's code can write.
#include "postgres/postmaster_file.hpp"

#include "support/temporary_folder.hpp"
#include "target.hpp"

#include <fstream>

namespace backupwatch {

void read_foreign_bytes(std::string_view bytes) {
    static const TemporaryFolder folder;
    std::ofstream(folder / "postmaster.pid", std::ios::binary | std::ios::trunc) << bytes;
    const auto file = read_postmaster_file(folder.path());
    expect(file.has_value() == !bytes.empty(), "a file that says something is one");
    if (!file) return;
    expect(!file->is_ready || bytes.find("\nready") < 4096, "who is ready says so");
}

}  // namespace backupwatch
