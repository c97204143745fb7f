#pragma once
#include "async/task.hpp"

#include <set>
#include <string>

namespace backupwatch {

class Loading;
class Pool;
struct Sandbox;

/// On a server that stays: tells those of the roles `named` in the archive that could log in where
/// the backup is of, by its globals.sql, and cannot here. A restore that was interrupted may have
/// made them, and this one found them. Throws Failure where the server cannot be asked.
Task<> tell_log_ins(
    Loading& loading, const Sandbox& sandbox, std::set<std::string> named, Pool& pool
);

}  // namespace backupwatch
