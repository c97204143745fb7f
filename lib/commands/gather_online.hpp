#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "commands/online_facts.hpp"
#include "net/http_client.hpp"
#include "sources/source_commons.hpp"
#include "watch/settings.hpp"

namespace backupwatch {

class Clock;

/// Asks the databases, at most `concurrency.checks` at a time and each with deadlines, and looks at
/// this host. Changes nothing, here or there. A Failure becomes a fact.
Task<OnlineFacts> gather_online(
    const Settings& settings, Clock& clock, Pool& pool, HttpClient& web
);

/// One database and its sets.
Task<DatabaseFacts> gather_database(
    const DatabaseSettings& database,
    Clock& clock,
    Pool& pool,
    HttpClient& web,
    SourceCommons& commons
);

/// This host, for databases with these facts. Blocking.
HostFacts gather_host(
    const Settings& settings, const std::vector<DatabaseFacts>& databases, Instant now
);

/// Blocking.
FolderFacts look_at_folder(const std::filesystem::path& folder, Instant now);

}  // namespace backupwatch
