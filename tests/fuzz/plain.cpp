#include "sources/foreign/plain_reader.hpp"
#include "target.hpp"

#include <algorithm>
#include <string>

namespace backupwatch {
namespace {

/// What is found in a file, and how that ended.
std::string read_in_pieces(std::string_view bytes, std::size_t size) {
    PlainReader reader;
    SqlReader sql(reader);
    std::string found;
    try {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
            sql.add(bytes.substr(0, size));
        }
        sql.finish();
        for (const DatabaseContent& content : reader.finish()) {
            found += content.name + "\n";
            for (const TableContent& table : content.tables) {
                found += table.name + " " + std::to_string(table.rows.count) + "\n";
                expect(!table.name.empty(), "a table has a name");
            }
            for (const auto& [part, parent] : content.parents) found += part + " of " + parent;
        }
        for (const std::string& role : reader.roles()) {
            expect(role != "public", "nobody makes everybody");
            found += role + "\n";
        }
    } catch (const Failure& failure) {
        // What pg_dump does not write is damaged, or not to be looked into.
        const bool is_judged =
            failure.kind() == Failure::Kind::corrupt || failure.kind() == Failure::Kind::missing;
        expect(is_judged, failure.what());
        found += failure.what();
    }
    return found;
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    expect_same_in_pieces(bytes, read_in_pieces);
}

}  // namespace backupwatch
