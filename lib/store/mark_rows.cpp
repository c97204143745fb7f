#include "store/mark_rows.hpp"

namespace backupwatch {

void write_mark(Database& database, const NotedMark& mark) {
    database.execute(
        "INSERT INTO marks (database, at, kind, text) VALUES (?1, ?2, ?3, ?4)",
        mark.database,
        mark.at,
        mark.kind,
        mark.text
    );
}

NotedMark mark_of(const Query& row) {
    NotedMark mark;
    row.read(mark.database, mark.at, mark.kind, mark.text);
    return mark;
}

std::vector<NotedMark> read_marks(Database& database, const std::string& name, Instant since) {
    std::vector<NotedMark> marks;
    Query query = database.query(
        std::string("SELECT ") + mark_columns +
            " FROM marks WHERE database = ?1 AND at >= ?2 ORDER BY at, number",
        name,
        since
    );
    while (query.next()) marks.push_back(mark_of(query));
    return marks;
}

void write_attestation(Database& database, const Attestation& attestation) {
    database.execute(
        "INSERT OR REPLACE INTO attestations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        attestation.database,
        attestation.item,
        attestation.by,
        attestation.at,
        attestation.expires_at,
        attestation.minutes,
        attestation.file
    );
}

std::vector<Attestation> read_attestations(Database& database, const std::string& name) {
    std::vector<Attestation> attestations;
    Query query = database.query(
        "SELECT database, item, attested_by, at, expires_at, minutes, file FROM attestations "
        "WHERE database = ?1 ORDER BY item",
        name
    );
    while (query.next()) {
        Attestation& one = attestations.emplace_back();
        query.read(one.database, one.item, one.by, one.at, one.expires_at, one.minutes, one.file);
    }
    return attestations;
}

}  // namespace backupwatch
