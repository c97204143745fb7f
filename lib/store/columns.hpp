#pragma once
#include "core/backup/backup.hpp"
#include "core/backup/hook.hpp"
#include "core/backup/kinship.hpp"
#include "core/backup/mark.hpp"
#include "core/check/checks.hpp"
#include "core/check/finding.hpp"
#include "core/time/time.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <string>

namespace backupwatch {

// How our types lie in the file: instants as milliseconds since the epoch, enumerations as words
// of the file's own (a word on the screen may change, one in a file may not), absence as NULL.

void bind_column(SQLite::Statement& statement, int index, const std::string& value);
void bind_column(SQLite::Statement& statement, int index, std::int64_t value);
void bind_column(SQLite::Statement& statement, int index, int value);
void bind_column(SQLite::Statement& statement, int index, double value);
/// Above 2^63-1, which SQLite cannot hold, that is stored.
void bind_column(SQLite::Statement& statement, int index, std::uint64_t value);
void bind_column(SQLite::Statement& statement, int index, Instant value);
void bind_column(SQLite::Statement& statement, int index, BackupStatus value);
void bind_column(SQLite::Statement& statement, int index, Severity value);
void bind_column(SQLite::Statement& statement, int index, DrillOutcome::Result value);
void bind_column(SQLite::Statement& statement, int index, HookRun::State value);
void bind_column(SQLite::Statement& statement, int index, Kinship value);
void bind_column(SQLite::Statement& statement, int index, NotedMark::Kind value);

template <class T>
void bind_column(SQLite::Statement& statement, int index, const std::optional<T>& value) {
    if (value) {
        bind_column(statement, index, *value);
    } else {
        statement.bind(index);
    }
}

// Each throws Failure::corrupt for a value that nobody of us can have written.
void read_column(const SQLite::Column& column, std::string& value);
void read_column(const SQLite::Column& column, std::int64_t& value);
void read_column(const SQLite::Column& column, int& value);
void read_column(const SQLite::Column& column, bool& value);
void read_column(const SQLite::Column& column, double& value);
void read_column(const SQLite::Column& column, std::uint64_t& value);
void read_column(const SQLite::Column& column, Instant& value);
void read_column(const SQLite::Column& column, BackupStatus& value);
void read_column(const SQLite::Column& column, Severity& value);
void read_column(const SQLite::Column& column, DrillOutcome::Result& value);
void read_column(const SQLite::Column& column, HookRun::State& value);
void read_column(const SQLite::Column& column, Kinship& value);
void read_column(const SQLite::Column& column, NotedMark::Kind& value);

template <class T>
void read_column(const SQLite::Column& column, std::optional<T>& value) {
    if (column.isNull()) {
        value.reset();
    } else {
        read_column(column, value.emplace());
    }
}

}  // namespace backupwatch
