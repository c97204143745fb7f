#pragma once
#include <set>
#include <string>

// Queues of the extension pgmq: each is two tables, and a row in pgmq.meta, which pgmq.create
// makes.
namespace backupwatch {

/// Whose table that is, by its name as PostgreSQL writes it; empty: it is no queue's.
std::string queue_of(const std::string& table);
/// Of tables that may be others as well.
std::set<std::string> queues_of(const std::set<std::string>& tables);

/// `SELECT pgmq.create('mails');`
std::string create_queue(const std::string& queue);

}  // namespace backupwatch
