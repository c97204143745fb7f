#include "store/columns.hpp"

#include "core/failure.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

template <class Enum, std::size_t count>
using Words = std::array<std::pair<Enum, std::string_view>, count>;

constexpr Words<BackupStatus, 4> status_words{{
    {BackupStatus::completed, "completed"},
    {BackupStatus::failed, "failed"},
    {BackupStatus::running, "running"},
    {BackupStatus::unknown, "unknown"},
}};

constexpr Words<Severity, 4> severity_words{{
    {Severity::ok, "ok"},
    {Severity::warning, "warning"},
    {Severity::unknown, "unknown"},
    {Severity::critical, "critical"},
}};

constexpr Words<DrillOutcome::Result, 3> drill_words{{
    {DrillOutcome::Result::passed, "passed"},
    {DrillOutcome::Result::failed, "failed"},
    {DrillOutcome::Result::unknown, "unknown"},
}};

// One that is gone is not kept.
constexpr Words<HookRun::State, 4> hook_words{{
    {HookRun::State::owed, "owed"},
    {HookRun::State::begun, "begun"},
    {HookRun::State::done, "done"},
    {HookRun::State::failed, "failed"},
}};

constexpr Words<Kinship, 3> kinship_words{{
    {Kinship::undecided, "undecided"},
    {Kinship::own, "own"},
    {Kinship::other, "other"},
}};

constexpr Words<NotedMark::Kind, 2> mark_words{{
    {NotedMark::Kind::noted, "noted"},
    {NotedMark::Kind::gate_overridden, "gate_overridden"},
}};

template <class Enum, std::size_t count>
std::string word_of(const Words<Enum, count>& words, Enum value) {
    const auto found = std::find_if(words.begin(), words.end(), [value](const auto& word) {
        return word.first == value;
    });
    return std::string(found->second);
}

template <class Enum, std::size_t count>
Enum value_of(const Words<Enum, count>& words, const SQLite::Column& column) {
    const std::string text = column.getString();
    for (const auto& [value, word] : words) {
        if (word == text) return value;
    }
    throw Failure(
        Failure::Kind::corrupt,
        "the state holds \"" + text + "\" in column " + column.getName() +
            ", which is none of its words"
    );
}

}  // namespace

void bind_column(SQLite::Statement& statement, int index, const std::string& value) {
    statement.bind(index, value);
}

void bind_column(SQLite::Statement& statement, int index, std::int64_t value) {
    statement.bind(index, value);
}

void bind_column(SQLite::Statement& statement, int index, int value) {
    statement.bind(index, value);
}

void bind_column(SQLite::Statement& statement, int index, double value) {
    statement.bind(index, value);
}

void bind_column(SQLite::Statement& statement, int index, std::uint64_t value) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    statement.bind(index, static_cast<std::int64_t>(std::min(value, most)));
}

void bind_column(SQLite::Statement& statement, int index, Instant value) {
    statement.bind(index, static_cast<std::int64_t>(value.time_since_epoch().count()));
}

void bind_column(SQLite::Statement& statement, int index, BackupStatus value) {
    statement.bind(index, word_of(status_words, value));
}

void bind_column(SQLite::Statement& statement, int index, Severity value) {
    statement.bind(index, word_of(severity_words, value));
}

void bind_column(SQLite::Statement& statement, int index, DrillOutcome::Result value) {
    statement.bind(index, word_of(drill_words, value));
}

void bind_column(SQLite::Statement& statement, int index, HookRun::State value) {
    statement.bind(index, word_of(hook_words, value));
}

void bind_column(SQLite::Statement& statement, int index, Kinship value) {
    statement.bind(index, word_of(kinship_words, value));
}

void bind_column(SQLite::Statement& statement, int index, NotedMark::Kind value) {
    statement.bind(index, word_of(mark_words, value));
}

void read_column(const SQLite::Column& column, std::string& value) {
    value = column.getString();
}

void read_column(const SQLite::Column& column, std::int64_t& value) {
    value = column.getInt64();
}

void read_column(const SQLite::Column& column, int& value) {
    value = column.getInt();
}

void read_column(const SQLite::Column& column, bool& value) {
    value = column.getInt() != 0;
}

void read_column(const SQLite::Column& column, double& value) {
    value = column.getDouble();
}

void read_column(const SQLite::Column& column, std::uint64_t& value) {
    value = static_cast<std::uint64_t>(column.getInt64());
}

void read_column(const SQLite::Column& column, Instant& value) {
    value = Instant(Duration(column.getInt64()));
}

void read_column(const SQLite::Column& column, BackupStatus& value) {
    value = value_of(status_words, column);
}

void read_column(const SQLite::Column& column, Severity& value) {
    value = value_of(severity_words, column);
}

void read_column(const SQLite::Column& column, DrillOutcome::Result& value) {
    value = value_of(drill_words, column);
}

void read_column(const SQLite::Column& column, HookRun::State& value) {
    value = value_of(hook_words, column);
}

void read_column(const SQLite::Column& column, Kinship& value) {
    value = value_of(kinship_words, column);
}

void read_column(const SQLite::Column& column, NotedMark::Kind& value) {
    value = value_of(mark_words, column);
}

}  // namespace backupwatch
