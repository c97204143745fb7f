// Definitions as a server words them, which may be anybody's.
#include "postgres/definition.hpp"

#include "target.hpp"

#include <string>

namespace backupwatch {

void read_foreign_bytes(std::string_view bytes) {
    const std::string reworded = restored_wording(bytes);
    const bool has_array = bytes.find("(ARRAY[") != bytes.npos;
    expect(has_array || reworded == bytes, "only an array is worded anew");
    expect(reworded.size() <= 300 * (bytes.size() + 1), "it stays about as long as it is");
}

}  // namespace backupwatch
