#include "drill/large_objects.hpp"

#include "core/failure.hpp"
#include "postgres/connection.hpp"
#include "postgres/row_hash.hpp"
#include "sources/dump/sha256.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace backupwatch {
namespace {

// lo_get() of a whole object holds it in the server's memory, and refuses one over 1 GB. So from
// 16 MB (pages of a quarter of a block: 2 kB) it is asked for in pieces, and hashed on our side.
constexpr const char* first_page_of_a_big_one = "8192";
constexpr const char* piece_bytes = "1048576";

std::string is_big() {
    return "EXISTS (SELECT FROM pg_catalog.pg_largeobject AS page WHERE page.loid = object.oid "
           "AND page.pageno >= " +
           std::string(first_page_of_a_big_one) + ")";
}

/// Its rows are the very lines that are hashed: COPY puts the tab between oid and hash.
std::string small_ones() {
    return "COPY (SELECT object.oid, "
           "pg_catalog.encode(pg_catalog.sha256(pg_catalog.lo_get(object.oid)), 'hex') "
           "FROM pg_catalog.pg_largeobject_metadata AS object WHERE NOT " +
           is_big() + ") TO STDOUT";
}

/// In their order: pieces are asked for up to the end of the last page, past the object's end they
/// are empty. lo_get() fills the holes of a sparse object, as it did for pg_dump.
std::string pieces_of(const std::string& oid) {
    return "COPY (SELECT pg_catalog.encode(pg_catalog.lo_get(" + oid + ", place, " + piece_bytes +
           "), 'hex') FROM pg_catalog.generate_series(0, (SELECT (pg_catalog.max(pageno) + 1) * "
           "(pg_catalog.current_setting('block_size')::bigint / 4) "
           "FROM pg_catalog.pg_largeobject WHERE loid = " +
           oid + "), " + piece_bytes + ") AS place) TO STDOUT";
}

/// The bytes that a line of hexadecimal digits (lower case) stands for, its newline left out.
std::string bytes_of(std::string_view line) {
    std::string bytes(line.size() / 2, '\0');
    const char* digit = line.data();
    // Bit 6 tells the letters, whose low bits count from 1.
    for (char& byte : bytes) {
        const int high = (digit[0] & 15) + 9 * (digit[0] >> 6);
        const int low = (digit[1] & 15) + 9 * (digit[1] >> 6);
        byte = static_cast<char>(high << 4 | low);
        digit += 2;
    }
    return bytes;
}

Task<std::string> sha256_in_pieces(
    Connection& connection, const std::string& oid, Pool& pool, Duration limit
) {
    auto sum = std::make_shared<Sha256>();
    Connection::RowSink add = [sum](std::string_view line) { sum->add(bytes_of(line)); };
    co_await connection.copy_out(pieces_of(oid), pool, std::move(add), limit);
    co_return sum->hex();
}

}  // namespace

Task<Rows> read_large_objects(Connection& connection, Pool& pool, Duration limit) {
    auto small = std::make_shared<Rows>();
    Connection::RowSink add = [small](std::string_view line) { *small += hash_row(line); };
    co_await connection.copy_out(small_ones(), pool, std::move(add), limit);

    Rows sum = *small;
    const QueryResult big = co_await connection.query(
        "SELECT oid FROM pg_catalog.pg_largeobject_metadata AS object WHERE " + is_big(), limit
    );
    for (const auto& row : big.rows) {
        const std::string oid = row.at(0).value();
        const std::string hash = co_await sha256_in_pieces(connection, oid, pool, limit);
        sum += hash_row(oid + "\t" + hash);
    }
    co_return sum;
}

}  // namespace backupwatch
