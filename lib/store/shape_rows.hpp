#pragma once
#include "core/backup/shape.hpp"
#include "store/database.hpp"

#include <optional>
#include <string>

namespace backupwatch {

// What is known of a set's dumps, as rows. What writes is called within a transaction.

void write_shape(
    Database& database, const std::string& name, const std::string& set, const ShapeJudgement& shape
);
/// None: none was ever compared.
std::optional<ShapeJudgement> read_shape(
    Database& database, const std::string& name, const std::string& set
);

}  // namespace backupwatch
