#include "store/file_verdict_rows.hpp"

#include <utility>

namespace backupwatch {

void write_file_verdicts(
    Database& database,
    const std::string& name,
    const std::string& set,
    const FileVerdictChange& change
) {
    for (const FileKey& file : change.gone) {
        database.execute(
            "DELETE FROM file_verdicts "
            "WHERE database = ?1 AND backup_set = ?2 AND backup_id = ?3 AND stamp = ?4",
            name,
            set,
            file.id,
            file.stamp
        );
    }
    for (const FileVerdict& verdict : change.known) {
        database.execute(
            "INSERT OR REPLACE INTO file_verdicts "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            name,
            set,
            verdict.file.id,
            verdict.file.stamp,
            verdict.judge,
            verdict.judged_at,
            verdict.at,
            verdict.status,
            verdict.error,
            verdict.kinship,
            verdict.content
        );
    }
}

std::vector<FileKey> read_judged_files(
    Database& database, const std::string& name, const std::string& set
) {
    std::vector<FileKey> files;
    Query query = database.query(
        "SELECT backup_id, stamp FROM file_verdicts WHERE database = ?1 AND backup_set = ?2 "
        "ORDER BY backup_at, backup_id",
        name,
        set
    );
    while (query.next()) {
        FileKey& file = files.emplace_back();
        query.read(file.id, file.stamp);
    }
    return files;
}

std::optional<FileVerdict> read_file_verdict(
    Database& database, const std::string& name, const std::string& set, const FileKey& file
) {
    Query query = database.query(
        "SELECT judge, judged_at, backup_at, status, error, kinship, content FROM file_verdicts "
        "WHERE database = ?1 AND backup_set = ?2 AND backup_id = ?3 AND stamp = ?4",
        name,
        set,
        file.id,
        file.stamp
    );
    if (!query.next()) return std::nullopt;
    FileVerdict verdict;
    verdict.file = file;
    query.read(
        verdict.judge,
        verdict.judged_at,
        verdict.at,
        verdict.status,
        verdict.error,
        verdict.kinship,
        verdict.content
    );
    return verdict;
}

}  // namespace backupwatch
