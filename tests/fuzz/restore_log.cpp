// What pg_restore says, whose workers write into each other's lines; names are the archive's.
#include "sources/dump/restore_log.hpp"

#include "target.hpp"

#include <algorithm>
#include <string>

namespace backupwatch {

void read_foreign_bytes(std::string_view bytes) {
    const RestoreLog::Items items{
        {1, {"TABLE", false}},
        {2, {"POLICY", false}},
        {3, {"ACL", true}},
        {4, {"EXTENSION", false}}};
    std::size_t finished = 0;
    RestoreLog log([&finished](int) { ++finished; }, items, 15);
    std::size_t lines = 0;
    bool has_count = false;
    while (!bytes.empty()) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        const std::string_view line = bytes.substr(0, end);
        log.add(line);
        ++lines;
        has_count = line == "pg_restore: warning: errors ignored on restore: 2147483647";
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    const RestoreErrors::Sorted sorted = log.sorted({"postgis"});
    expect(finished <= lines, "a line finishes one item at most");
    expect(sorted.damage.size() <= 301, "no list that nobody can read to its end");
    for (const std::string& error : sorted.damage) {
        expect(!error.empty() && error.size() <= 4000, "an error is a sentence");
    }
    expect(!has_count || !log.lost().empty(), "errors that were lost are told");
}

}  // namespace backupwatch
