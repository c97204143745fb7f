#pragma once
#include "core/backup/manifest.hpp"

#include <set>
#include <string>
#include <vector>

// Queues whose tables belong to the extension pgmq, as each did that pgmq made before 1.6: pg_dump
// leaves out what belongs to an extension, rows and all, and says nothing.
namespace backupwatch {

/// What UndumpedQueue::members has for that table, named as TableContent has it.
std::string table_member(const std::string& table);

/// `ALTER EXTENSION pgmq DROP TABLE pgmq.q_mails;` and so on: the next dump has the queue then.
std::string detachment_of(const UndumpedQueue& queue);

/// What the manifest says of each.
std::vector<NotHeld> not_held_of(const std::vector<UndumpedQueue>& queues);

/// What a dump lacks by them, and what to do, for each night; empty: no message.
std::string missing_messages(const std::vector<UndumpedQueue>& queues);

std::set<std::string> names_of(const std::vector<UndumpedQueue>& queues);

}  // namespace backupwatch
