#include "store/damaged_text.hpp"

#include <spdlog/spdlog.h>

#include <optional>

namespace backupwatch {

void log_damaged_text(const Failure& failure) {
    spdlog::error("{}: what else is known of it is used", failure.what());
}

Notice damaged_notice(Database& database) {
    Notice notice;
    notice.key = {"backupwatch", "", "state"};
    notice.severity = Severity::unknown;
    notice.summary = "something was to be told here, and cannot be read any more";
    Query query = database.query("SELECT max(checked_at) FROM findings");
    std::optional<Instant> last_look;
    if (query.next()) query.read(last_look);
    notice.since = last_look.value_or(Instant());
    return notice;
}

Finding damaged_finding(const Incident& incident) {
    Finding finding;
    finding.severity = incident.worst;
    finding.summary = "what was found cannot be read any more";
    finding.failures = 1;
    return finding;
}

}  // namespace backupwatch
