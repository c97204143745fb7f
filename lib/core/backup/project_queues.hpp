#pragma once
#include "core/backup/manifest.hpp"

#include <string>
#include <vector>

// Queues of the extension pgmq: each is two tables, and a row in pgmq.meta, which pgmq.create
// makes.
namespace backupwatch {

/// Whose table that is, by its name as PostgreSQL writes it; empty: it is no queue's.
std::string queue_of(const std::string& table);

/// Those that hold nothing, nor ever archived anything that is still there.
std::vector<std::string> empty_queues(const Manifest& manifest);

/// `SELECT pgmq.create('mails');`
std::string create_queue(const std::string& queue);

}  // namespace backupwatch
