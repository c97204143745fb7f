#pragma once
#include "store/database.hpp"
#include "store/store.hpp"

namespace backupwatch {

// Incidents, silences and the outbox as rows. What writes is called within a transaction.

/// What incident_of() reads.
inline constexpr auto incident_columns =
    "number, database, backup_set, check_name, opened_at, ended_at, acknowledged_until, worst, "
    "finding, told";
Incident incident_of(const Query& row);

/// Asks the outcome's judge, with what is open of its database, and records what it says.
Recorded write_judgement(Database& database, const Outcome& outcome);
std::vector<Incident> read_incidents(Database& database, Instant since);

std::vector<Silence> read_silences(Database& database, Instant now);
Silence write_silence(Database& database, Silence silence);
bool delete_silence(Database& database, std::int64_t id);

Outbox read_outbox(Database& database, std::int64_t after);
void write_settlement(Database& database, const Settlement& settlement);

}  // namespace backupwatch
