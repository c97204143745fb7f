#include "store/alert_rows.hpp"

#include "store/alert_json.hpp"

#include <map>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration silences_kept = std::chrono::hours(24 * 365);

constexpr auto select_incidents =
    "SELECT number, database, backup_set, check_name, opened_at, ended_at, acknowledged_until, "
    "worst, finding, told FROM incidents ";

Incident incident_of(const Query& row) {
    Incident incident;
    std::string finding;
    std::string told;
    row.read(
        incident.id,
        incident.key.database,
        incident.key.set,
        incident.key.check,
        incident.opened_at,
        incident.ended_at,
        incident.acknowledged_until,
        incident.worst,
        finding,
        told
    );
    incident.finding = finding_of_text(finding);
    incident.finding.database = incident.key.database;
    incident.finding.set = incident.key.set;
    incident.finding.check = incident.key.check;
    incident.told = told_of_text(told);
    return incident;
}

std::vector<Incident> read_open_incidents(Database& database, const std::string& name) {
    std::vector<Incident> open;
    Query query = database.query(
        std::string(select_incidents) + "WHERE database = ?1 AND ended_at IS NULL ORDER BY number",
        name
    );
    while (query.next()) open.push_back(incident_of(query));
    return open;
}

void write_incident(Database& database, Incident& incident) {
    const auto number = incident.id == 0 ? std::nullopt : std::optional(incident.id);
    database.execute(
        "INSERT INTO incidents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
        "ON CONFLICT (number) DO UPDATE SET opened_at = ?5, ended_at = ?6, "
        "acknowledged_until = ?7, worst = ?8, finding = ?9, told = ?10",
        number,
        incident.key.database,
        incident.key.set,
        incident.key.check,
        incident.opened_at,
        incident.ended_at,
        incident.acknowledged_until,
        incident.worst,
        finding_text(incident.finding),
        told_text(incident.told)
    );
    if (incident.id != 0) return;
    Query query = database.query("SELECT last_insert_rowid()");
    query.next();
    query.read(incident.id);
}

Pending write_notice(Database& database, Addressed addressed) {
    Pending pending;
    pending.lane = std::move(addressed.lane);
    pending.notice = std::move(addressed.notice);
    database.execute(
        "INSERT INTO outbox (notifier, recipient, endpoint, pages, route, notice) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        pending.lane.notifier,
        pending.lane.recipient,
        pending.lane.endpoint,
        pending.lane.pages ? 1 : 0,
        pending.lane.route,
        notice_text(pending.notice)
    );
    Query query = database.query("SELECT last_insert_rowid()");
    query.next();
    query.read(pending.id);
    return pending;
}

}  // namespace

Recorded write_judgement(Database& database, const Outcome& outcome) {
    Judgement judgement = outcome.judge(
        read_open_incidents(database, outcome.database), read_silences(database, outcome.at)
    );
    Recorded recorded;
    recorded.wake = judgement.wake;
    std::map<IncidentKey, std::int64_t> opened;
    for (Incident& incident : judgement.changed) {
        const bool is_new = incident.id == 0;
        write_incident(database, incident);
        if (is_new) opened[incident.key] = incident.id;
        recorded.changed.push_back(std::move(incident));
    }
    for (Addressed& addressed : judgement.notices) {
        auto& incident = addressed.notice.incident;
        if (incident == 0 && opened.contains(addressed.notice.key)) {
            incident = opened[addressed.notice.key];
        }
        recorded.notices.push_back(write_notice(database, std::move(addressed)));
    }
    return recorded;
}

std::vector<Incident> read_incidents(Database& database, Instant since) {
    std::vector<Incident> found;
    Query query = database.query(
        std::string(select_incidents) +
            "WHERE ended_at IS NULL OR ended_at >= ?1 ORDER BY opened_at, number",
        since
    );
    while (query.next()) found.push_back(incident_of(query));
    return found;
}

std::vector<Silence> read_silences(Database& database, Instant now) {
    std::vector<Silence> found;
    Query query = database.query(
        "SELECT number, database, backup_set, check_name, made_at, until, reason FROM silences "
        "WHERE until > ?1 ORDER BY number",
        now
    );
    while (query.next()) {
        Silence& silence = found.emplace_back();
        query.read(
            silence.id,
            silence.database,
            silence.set,
            silence.check,
            silence.made_at,
            silence.until,
            silence.reason
        );
    }
    return found;
}

Silence write_silence(Database& database, Silence silence) {
    database.execute("DELETE FROM silences WHERE until < ?1", silence.made_at - silences_kept);
    database.execute(
        "INSERT INTO silences (database, backup_set, check_name, made_at, until, reason) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        silence.database,
        silence.set,
        silence.check,
        silence.made_at,
        silence.until,
        silence.reason
    );
    Query query = database.query("SELECT last_insert_rowid()");
    query.next();
    query.read(silence.id);
    return silence;
}

bool delete_silence(Database& database, std::int64_t id) {
    return database.execute("DELETE FROM silences WHERE number = ?1", id) > 0;
}

Outbox read_outbox(Database& database, std::int64_t after) {
    Outbox outbox;
    Query query = database.query(
        "SELECT number, notifier, recipient, endpoint, pages, route, notice, attempts, "
        "may_have_arrived, plain, batch FROM outbox WHERE number > ?1 ORDER BY number",
        after
    );
    while (query.next()) {
        Pending& pending = outbox.pending.emplace_back();
        std::string notice;
        query.read(
            pending.id,
            pending.lane.notifier,
            pending.lane.recipient,
            pending.lane.endpoint,
            pending.lane.pages,
            pending.lane.route,
            notice,
            pending.attempts,
            pending.may_have_arrived,
            pending.plain,
            pending.batch
        );
        pending.notice = notice_of_text(notice);
    }
    Query lanes = database.query(
        "SELECT endpoint, failures, not_before, broken, error, failing_since FROM lanes"
    );
    while (lanes.next()) {
        KeptLane& lane = outbox.lanes.emplace_back();
        lanes.read(
            lane.endpoint,
            lane.failures,
            lane.not_before,
            lane.is_broken,
            lane.error,
            lane.failing_since
        );
    }
    return outbox;
}

void write_settlement(Database& database, const Settlement& settlement) {
    const KeptLane& lane = settlement.lane;
    database.execute(
        "INSERT INTO lanes VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET "
        "failures = ?2, not_before = ?3, broken = ?4, error = ?5, failing_since = ?6",
        lane.endpoint,
        lane.failures,
        lane.not_before,
        lane.is_broken ? 1 : 0,
        lane.error,
        lane.failing_since
    );
    for (const Pending& pending : settlement.changed) {
        database.execute(
            "UPDATE outbox SET notice = ?2, attempts = ?3, may_have_arrived = ?4, plain = ?5, "
            "batch = ?6 WHERE number = ?1",
            pending.id,
            notice_text(pending.notice),
            pending.attempts,
            pending.may_have_arrived ? 1 : 0,
            pending.plain ? 1 : 0,
            pending.batch
        );
    }
    for (const std::int64_t id : settlement.gone) {
        database.execute("DELETE FROM outbox WHERE number = ?1", id);
    }
}

}  // namespace backupwatch
