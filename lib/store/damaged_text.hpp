#pragma once
#include "core/failure.hpp"
#include "core/incident/incident.hpp"
#include "store/database.hpp"

#include <string>

namespace backupwatch {

// What takes the place of a text of ours in the state that cannot be read: damaged, or of a newer
// version.

void log_damaged_text(const Failure& failure);

/// One such text keeps nobody from being told of all else.
template <class Read, class Instead>
auto read_or(Read read, const std::string& text, Instead instead) {
    try {
        return read(text);
    } catch (const Failure& failure) {
        log_damaged_text(failure);
        return instead();
    }
}

/// It was to be told to somebody, so something is.
Notice damaged_notice(Database& database);
/// As far as the row of its incident says.
Finding damaged_finding(const Incident& incident);

}  // namespace backupwatch
