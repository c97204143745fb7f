#include "store/pruning.hpp"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr const char* alerts_of_all = "";  ///< in the place of a database's name
constexpr Duration pause = 1h;
constexpr Duration steady_enough = 24h;
/// Longer than the longest time between two slots, a week: what is longer is a jump.
constexpr Duration longest_silence = 8 * 24h;

constexpr Duration evidence_kept = 100 * 24h;
constexpr Duration polls_kept = 2 * 24h;
constexpr Duration samples_kept_raw = 2 * 24h;
constexpr Duration samples_kept = 30 * 24h;

/// Whether it is time; notes that the clock was seen.
bool is_due(Database& database, const std::string& name, Instant now) {
    Instant last = now;
    Instant steady_since = now;
    {
        Query query =
            database.query("SELECT last, steady_since FROM pruning WHERE database = ?1", name);
        const bool known = query.next();
        if (known) query.read(last, steady_since);
        if (known && now >= last && now < last + pause) return false;
    }
    const bool jumped = now < last || now > last + longest_silence;
    if (jumped) steady_since = now;
    database.execute(
        "INSERT INTO pruning VALUES (?1, ?2, ?3) "
        "ON CONFLICT DO UPDATE SET last = ?2, steady_since = ?3",
        name,
        now,
        steady_since
    );
    return now - steady_since >= steady_enough;
}

/// Of all databases at once, watched or not: the outbox is read for it. What is undelivered for so
/// long is for a notifier that left the configuration.
void prune_alerts(Database& database, Instant before) {
    const int undelivered =
        database.execute("DELETE FROM outbox WHERE notice ->> 'made_at' < ?1", before);
    if (undelivered > 0) spdlog::warn("notices are too old to be told notices={}", undelivered);
    database.execute(
        "DELETE FROM incidents WHERE ended_at < ?1 AND number NOT IN ("
        "SELECT notice ->> 'incident' FROM outbox)",
        before
    );
    database.execute(
        "DELETE FROM lanes WHERE coalesce(failing_since, certificate_until) < ?1 "
        "AND endpoint NOT IN ("
        "SELECT endpoint FROM outbox)",
        before
    );
}

/// Stream by stream, since the old ones of each lie beside each other.
void prune_slots(Database& database, const std::string& name, Instant now) {
    std::vector<std::pair<std::string, std::string>> streams;
    {
        Query query =
            database.query("SELECT backup_set, kind FROM streams WHERE database = ?1", name);
        while (query.next()) {
            auto& [set, kind] = streams.emplace_back();
            query.read(set, kind);
        }
    }
    for (const auto& [set, kind] : streams) {
        const bool is_short_lived = kind == "poll" || kind == "disk";
        database.execute(
            "DELETE FROM slots WHERE database = ?1 AND backup_set = ?2 AND kind = ?3 "
            "AND instant < ?4",
            name,
            set,
            kind,
            now - (is_short_lived ? polls_kept : history_kept)
        );
    }
}

}  // namespace

void prune(Database& database, const std::string& name, Instant now) {
    if (is_due(database, alerts_of_all, now)) prune_alerts(database, now - history_kept);
    if (!is_due(database, name, now)) return;
    prune_slots(database, name, now);
    database.execute(
        "DELETE FROM drills AS old WHERE database = ?1 AND finished_at < ?2 AND EXISTS ("
        "SELECT 1 FROM drills AS newer WHERE newer.database = old.database "
        "AND newer.backup_set = old.backup_set AND newer.number > old.number "
        "AND (newer.result = 'passed' OR old.result <> 'passed'))",
        name,
        now - history_kept
    );
    database.execute(
        "DELETE FROM backups WHERE database = ?1 AND coalesce(finished_at, started_at) < ?2",
        name,
        now - history_kept
    );
    database.execute(
        "DELETE FROM hook_runs WHERE database = ?1 AND changed_at < ?2", name, now - history_kept
    );
    database.execute("DELETE FROM marks WHERE database = ?1 AND at < ?2", name, now - history_kept);
    database.execute(
        "DELETE FROM attestations WHERE database = ?1 AND expires_at < ?2", name, now - history_kept
    );
    database.execute(
        "DELETE FROM file_verdicts WHERE database = ?1 AND judged_at < ?2", name, now - history_kept
    );
    database.execute(
        "DELETE FROM evidence WHERE database = ?1 AND taken_at < ?2", name, now - evidence_kept
    );
    database.execute(
        "DELETE FROM disk_samples WHERE database = ?1 AND at < ?2", name, now - samples_kept
    );
    database.execute(
        "DELETE FROM disk_samples AS old WHERE database = ?1 AND at < ?2 AND EXISTS ("
        "SELECT 1 FROM disk_samples AS first WHERE first.database = ?1 "
        "AND first.at >= old.at - old.at % 3600000 AND first.at < old.at)",
        name,
        now - samples_kept_raw
    );
}

}  // namespace backupwatch
