#pragma once
#include "core/backup/mark.hpp"
#include "core/check/attestation.hpp"
#include "store/database.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// What people note and confirm by hand, as it lies in the state.

/// What mark_of() reads.
inline constexpr auto mark_columns = "database, at, kind, text";
NotedMark mark_of(const Query& row);
void write_mark(Database& database, const NotedMark& mark);
/// Oldest first, those at or after `since`.
std::vector<NotedMark> read_marks(Database& database, const std::string& name, Instant since);

/// In the place of the one before of that item.
void write_attestation(Database& database, const Attestation& attestation);
std::vector<Attestation> read_attestations(Database& database, const std::string& name);

}  // namespace backupwatch
