#pragma once
#include "core/backup/manifest.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// What a dump holds of one table. A partitioned one is one table, with all its parts: those come
/// and go.
struct TableShape {
    std::set<std::string> columns;
    std::uint64_t rows = 0;
};

/// What a dump holds, as far as a later one is held against it.
struct Shape {
    std::string id;                            ///< of the backup
    std::map<std::string, TableShape> tables;  ///< by TableContent::name
    std::set<std::string> excluded;            ///< likewise
};
Shape shape_of(const Manifest& manifest);

/// What `later` holds no more, or holds otherwise, a sentence for each table, the most rows first:
/// a table that is gone, all of its rows, over half of 100 or more, columns that are gone or new.
std::vector<std::string> losses(const Shape& before, const Shape& later);

/// How the dumps of a set stand to each other.
struct ShapeJudgement {
    std::string reference;   ///< id of the last that lacked nothing: the newest, or what is held
    std::size_t tables = 0;  ///< in the newest
    std::string newest;      ///< id of what was held against the reference last
    std::vector<std::string> losses;  ///< of the newest; empty: it is the reference
};

/// Holds the next dump, oldest first, against the last that lacked nothing (null for the first of
/// all). `accepted`: id of the last of which somebody said that it is meant to be so, or empty.
ShapeJudgement judge_next(const Shape* reference, const Shape& next, const std::string& accepted);

}  // namespace backupwatch
