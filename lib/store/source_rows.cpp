#include "store/source_rows.hpp"

#include <utility>

namespace backupwatch {

void write_source_note(
    Database& database, const std::string& name, const std::string& set, const std::string& note
) {
    database.execute("INSERT OR REPLACE INTO source_notes VALUES (?1, ?2, ?3)", name, set, note);
}

std::string read_source_note(Database& database, const std::string& name, const std::string& set) {
    std::string note;
    Query query = database.query(
        "SELECT note FROM source_notes WHERE database = ?1 AND backup_set = ?2", name, set
    );
    if (query.next()) query.read(note);
    return note;
}

void write_evidence(
    Database& database, const std::string& name, const std::string& set, const Evidence& evidence
) {
    database.execute(
        "INSERT OR REPLACE INTO evidence VALUES (?1, ?2, ?3, ?4)",
        name,
        set,
        evidence.taken_at,
        evidence.document
    );
}

std::vector<Evidence> read_evidence(
    Database& database, const std::string& name, const std::string& set
) {
    std::vector<Evidence> all;
    Query query = database.query(
        "SELECT taken_at, document FROM evidence WHERE database = ?1 AND backup_set = ?2 "
        "ORDER BY taken_at",
        name,
        set
    );
    while (query.next()) {
        Evidence evidence;
        query.read(evidence.taken_at, evidence.document);
        all.push_back(std::move(evidence));
    }
    return all;
}

}  // namespace backupwatch
