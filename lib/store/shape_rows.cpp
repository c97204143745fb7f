#include "store/shape_rows.hpp"

#include <utility>

namespace backupwatch {
namespace {

std::vector<ShapeLoss> read_losses(
    Database& database, const std::string& name, const std::string& set
) {
    std::vector<ShapeLoss> losses;
    Query query = database.query(
        "SELECT reference, table_name, sentence FROM shape_losses "
        "WHERE database = ?1 AND backup_set = ?2 ORDER BY position",
        name,
        set
    );
    while (query.next()) {
        std::string reference;
        TableLoss table;
        query.read(reference, table.table, table.sentence);
        if (losses.empty() || losses.back().reference != reference) {
            losses.push_back({reference, {}});
        }
        losses.back().tables.push_back(std::move(table));
    }
    return losses;
}

}  // namespace

void write_shape(
    Database& database, const std::string& name, const std::string& set, const ShapeJudgement& shape
) {
    const auto tables = static_cast<std::int64_t>(shape.tables);
    const int is_first = shape.is_first ? 1 : 0;
    database.execute(
        "INSERT INTO shapes VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET "
        "newest = ?3, newest_at = ?4, tables = ?5, is_first = ?6",
        name,
        set,
        shape.newest,
        shape.newest_at,
        tables,
        is_first
    );
    database.execute("DELETE FROM shape_losses WHERE database = ?1 AND backup_set = ?2", name, set);
    int position = 0;
    for (const ShapeLoss& loss : shape.losses) {
        for (const TableLoss& table : loss.tables) {
            database.execute(
                "INSERT INTO shape_losses VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                name,
                set,
                position++,
                loss.reference,
                table.table,
                table.sentence
            );
        }
    }
}

std::optional<ShapeJudgement> read_shape(
    Database& database, const std::string& name, const std::string& set
) {
    ShapeJudgement shape;
    {
        Query query = database.query(
            "SELECT newest, newest_at, tables, is_first FROM shapes "
            "WHERE database = ?1 AND backup_set = ?2",
            name,
            set
        );
        if (!query.next()) return std::nullopt;
        std::int64_t tables = 0;
        int is_first = 0;
        query.read(shape.newest, shape.newest_at, tables, is_first);
        shape.tables = static_cast<std::uint64_t>(tables);
        shape.is_first = is_first != 0;
    }
    shape.losses = read_losses(database, name, set);
    return shape;
}

}  // namespace backupwatch
