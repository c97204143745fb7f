#include "store/shape_rows.hpp"

#include "json/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <utility>

namespace backupwatch {
namespace {

/// Of more tables nothing is kept: they would be written anew each night.
constexpr std::size_t most_kept_tables = 20'000;

/// Names, and types as an object behind them: earlier versions pass that over.
std::string columns_text(const TableShape& table) {
    boost::json::array columns(table.columns.begin(), table.columns.end());
    boost::json::object types;
    for (const auto& [column, type] : table.types) types[column] = type;
    if (!types.empty()) columns.push_back(std::move(types));
    return json_text(boost::json::value(std::move(columns)));
}

void read_columns(const std::string& text, TableShape& table) {
    boost::system::error_code error;
    boost::json::parse_options options;
    // Of a database in SQL_ASCII.
    options.allow_invalid_utf8 = true;
    const boost::json::value value = boost::json::parse(text, error, {}, options);
    if (error || !value.is_array()) return;
    for (const boost::json::value& column : value.get_array()) {
        if (column.is_string()) table.columns.emplace_back(column.get_string());
        if (!column.is_object()) continue;
        for (const auto& [name, type] : column.get_object()) {
            if (type.is_string()) table.types.emplace(name, type.get_string());
        }
    }
}

void write_kept_shape(
    Database& database,
    const std::string& name,
    const std::string& set,
    int position,
    const Shape& shape
) {
    if (shape.tables.size() > most_kept_tables) return;
    for (const auto& [table, content] : shape.tables) {
        database.execute(
            "INSERT INTO kept_shapes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            name,
            set,
            position,
            shape.id,
            table,
            content.rows,
            columns_text(content)
        );
    }
}

void write_kept_shapes(
    Database& database, const std::string& name, const std::string& set, const ShapeJudgement& shape
) {
    database.execute("DELETE FROM kept_shapes WHERE database = ?1 AND backup_set = ?2", name, set);
    int position = 0;
    if (shape.newest_shape) write_kept_shape(database, name, set, position, *shape.newest_shape);
    for (const Shape& lost : shape.lost_shapes) {
        write_kept_shape(database, name, set, ++position, lost);
    }
}

void read_kept_shapes(
    Database& database, const std::string& name, const std::string& set, ShapeJudgement& shape
) {
    Query query = database.query(
        "SELECT position, backup_id, table_name, row_count, columns FROM kept_shapes "
        "WHERE database = ?1 AND backup_set = ?2 ORDER BY position",
        name,
        set
    );
    int last = 0;
    while (query.next()) {
        int position = 0;
        std::string id;
        std::string table;
        TableShape content;
        std::string columns;
        query.read(position, id, table, content.rows, columns);
        read_columns(columns, content);
        if (position == 0 && !shape.newest_shape) shape.newest_shape.emplace();
        if (position > last) shape.lost_shapes.emplace_back();
        last = position;
        Shape& kept = position == 0 ? *shape.newest_shape : shape.lost_shapes.back();
        kept.id = std::move(id);
        kept.tables.emplace(std::move(table), std::move(content));
    }
}

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
    write_kept_shapes(database, name, set, shape);
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
    read_kept_shapes(database, name, set, shape);
    return shape;
}

}  // namespace backupwatch
