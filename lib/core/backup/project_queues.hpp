#pragma once
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

// Queues of the extension pgmq: each is two tables, and a row in pgmq.meta, which pgmq.create
// makes.
namespace backupwatch {

/// Whose table that is, by its name as PostgreSQL writes it; empty: it is no queue's.
std::string queue_of(const std::string& table);

/// Queues that pgmq.create does not make.
struct QueueKinds {
    std::set<std::string> unlogged;
    std::set<std::string> partitioned;
    std::map<std::string, std::string> parts;  ///< of the partitioned ones, each by its table
};
QueueKinds queue_kinds(const std::vector<SchemaObject>& schema);

/// Of tables that may be others as well; of no partitioned queue.
std::set<std::string> queues_of(const std::set<std::string>& tables, const QueueKinds& kinds = {});
std::set<std::string> partitioned_queues_of(
    const std::set<std::string>& tables, const QueueKinds& kinds
);

/// `SELECT pgmq.create('mails');`
std::string create_queue(const std::string& queue, const QueueKinds& kinds = {});

/// Row-level security of a queue, which its user sets, as an object of the schema. There is none
/// where it is off.
SchemaObject row_security_of(std::string table);
/// Of the tables of queues in it.
std::vector<SchemaObject> row_security_of_queues(const std::vector<SchemaObject>& schema);

/// Pure. What the source had unlogged and the project has not, as skipped.
void add_logged_queues(
    Verification& verification, const Manifest& manifest, const RestoredContent& restored
);

}  // namespace backupwatch
