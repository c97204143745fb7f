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
    std::vector<std::string> columns;  ///< sorted
    std::uint64_t rows = 0;
    /// By column, where the catalog was asked for them: of another tool's file they are unknown.
    std::map<std::string, std::string> types{};

    friend bool operator==(const TableShape&, const TableShape&) = default;
};

/// What a dump holds, as far as a later one is held against it.
struct Shape {
    std::string id;                            ///< of the backup
    std::map<std::string, TableShape> tables;  ///< by TableContent::name
    std::set<std::string> excluded;            ///< likewise
    /// Of a project of Supabase's: it may go without the platform's bookkeeping.
    bool is_of_supabase = false;

    friend bool operator==(const Shape&, const Shape&) = default;
};
Shape shape_of(const Manifest& manifest);
/// Of each table that has rows there, which one it is or is a part of.
std::map<std::string, std::string> whole_tables(const Manifest& manifest);

/// What became of one table.
struct TableLoss {
    std::string table;
    std::string sentence;

    friend bool operator==(const TableLoss&, const TableLoss&) = default;
};

/// What `later` holds no more, the most rows first: a table that is gone, all of its rows where
/// there were ten, over half of them where there were 100, columns, or what these were of.
std::vector<TableLoss> losses(const Shape& before, const Shape& later);

/// What the newest dump lacks against one that had it, which is held for that.
struct ShapeLoss {
    std::string reference;  ///< id of the last dump that had it
    std::vector<TableLoss> tables;

    friend bool operator==(const ShapeLoss&, const ShapeLoss&) = default;
};

/// What is known of the dumps of a set, as it is kept: what was lost is lost until it is back, or
/// until somebody says that it is meant to be.
struct ShapeJudgement {
    std::string newest;  ///< id of the dump that was compared last
    Instant newest_at;   ///< instant_of() it
    std::uint64_t tables = 0;
    bool is_first = false;  ///< there was none before it to hold it against
    std::vector<ShapeLoss> losses;
    /// Where others may remove the dumps, or write over them: the newest, and of those in `losses`
    /// what is lost.
    std::optional<Shape> newest_shape{};
    std::vector<Shape> lost_shapes{};

    friend bool operator==(const ShapeJudgement&, const ShapeJudgement&) = default;
};

/// Holds the next dump against the one before it (null: there is none any more), and against those
/// that had what was lost already: `held` by id; of one that cannot be read, all is lost as it was.
ShapeJudgement judge_next(
    const ShapeJudgement& known,
    const Shape* before,
    const std::map<std::string, Shape>& held,
    const Shape& next,
    Instant next_at
);

/// The same, taking along all that the next will be held against: nobody keeps the dumps for it.
/// `held` of the losses that are known is what was taken along.
ShapeJudgement judge_next_and_keep(
    const ShapeJudgement& known, const Shape* before, Shape next, Instant next_at
);

}  // namespace backupwatch
