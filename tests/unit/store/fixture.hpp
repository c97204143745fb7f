#pragma once
#include "core/failure.hpp"
#include "store/store.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace backupwatch {

using namespace std::chrono_literals;

/// A loop that outlives every store: a store's thread still lets go of it when its work is done.
inline asio::io_context& loop_of_this_thread() {
    static thread_local asio::io_context loop(1);
    return loop;
}

/// Runs a coroutine to its end.
template <class T>
T run(Task<T> task) {
    return run_on(loop_of_this_thread(), std::move(task));
}

/// The kind of Failure that running it throws; none: it succeeds.
template <class T>
std::optional<Failure::Kind> failure_of(Task<T> task) {
    try {
        run(std::move(task));
    } catch (const Failure& failure) {
        return failure.kind();
    }
    return std::nullopt;
}

inline Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

inline const Instant night = at("2026-11-22T03:00:00Z");
inline const StreamKey nightly{"orders", "nightly", "take"};

inline std::unique_ptr<Store> opened(const TemporaryFolder& folder, Instant now = night) {
    return run(Store::open(folder.path(), now, Store::Thread::callers));
}

inline DueSlot due(Instant slot, int attempt = 1) {
    return {.slot = slot, .late = false, .attempt = attempt, .previous = slot - 24h};
}

inline Outcome outcome_at(Instant instant) {
    Outcome outcome;
    outcome.database = "orders";
    outcome.set = "nightly";
    outcome.at = instant;
    return outcome;
}

inline Finding finding(std::string check, Severity severity) {
    Finding finding;
    finding.database = "orders";
    finding.set = "nightly";
    finding.check = std::move(check);
    finding.severity = severity;
    finding.summary = "it is so";
    finding.failures = severity == Severity::ok ? 0 : 1;
    return finding;
}

inline Backup backup(std::string id, BackupStatus status, Instant started_at) {
    Backup backup;
    backup.id = std::move(id);
    backup.status = status;
    backup.started_at = started_at;
    backup.finished_at = started_at + 5min;
    return backup;
}

inline DrillRecord drill(DrillOutcome::Result result, Instant finished_at) {
    DrillRecord record;
    record.database = "orders";
    record.set = "nightly";
    record.outcome.backup_id = "20261122T030000Z";
    record.outcome.backup_at = night;
    record.outcome.result = result;
    record.outcome.finished_at = finished_at;
    record.outcome.seconds = 41.5;
    record.verified_rows = 1200;
    record.document = R"({"result":"passed"})";
    return record;
}

}  // namespace backupwatch
