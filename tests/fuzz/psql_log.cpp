// What psql says of a restore, of which a hostile file writes the most.
#include "sources/foreign/psql_log.hpp"

#include "target.hpp"

#include <algorithm>
#include <string>

namespace backupwatch {
namespace {

constexpr std::size_t longest_shown = 4000;

void expect_readable(const RestoreErrors::Sorted& sorted) {
    expect(sorted.damage.size() <= 301, "no list that nobody can read to its end");
    for (const std::string& error : sorted.damage) {
        expect(!error.empty(), "damage says something");
        expect(error.size() <= longest_shown, "an error is a sentence");
    }
    expect(sorted.notes.size() <= 80, "as few notes");
    expect(sorted.missing.size() <= 20, "and as little that is missing");
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    PsqlLog log(15, {"pg_net"});
    bool has_error = false;
    while (!bytes.empty()) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        const std::string_view line = bytes.substr(0, end);
        log.add(line);
        const bool is_error = line.starts_with("psql:f:1: ERROR:  XX000: ");
        has_error = has_error || is_error;
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    const RestoreErrors::Sorted sorted = log.sorted();
    expect_readable(sorted);
    const bool is_told = !sorted.damage.empty() || !sorted.missing.empty();
    expect(!has_error || is_told, "what the server calls its own error is never harmless");
}

}  // namespace backupwatch
