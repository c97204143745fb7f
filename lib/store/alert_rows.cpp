#include "store/alert_rows.hpp"

#include "store/alert_json.hpp"
#include "store/damaged_text.hpp"

#include <map>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration silences_kept = std::chrono::hours(24 * 365);

std::string select_incidents(const char* which) {
    return std::string("SELECT ") + incident_columns + " FROM incidents WHERE " + which;
}

std::vector<Incident> read_open_incidents(Database& database, const std::string& name) {
    std::vector<Incident> open;
    Query query = database.query(
        select_incidents("database = ?1 AND ended_at IS NULL ORDER BY number"), name
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

/// One made up may be there: a commit that was said to be refused was not.
void insert_pending(Database& database, Pending& pending) {
    const auto made_up = pending.id < 0 ? std::optional(pending.id) : std::nullopt;
    database.execute(
        "INSERT INTO outbox (made_up, notifier, recipient, endpoint, pages, route, notice) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        made_up,
        pending.lane.notifier,
        pending.lane.recipient,
        pending.lane.endpoint,
        pending.lane.pages ? 1 : 0,
        pending.lane.route,
        notice_text(pending.notice)
    );
    Query query = made_up ? database.query("SELECT number FROM outbox WHERE made_up = ?1", made_up)
                          : database.query("SELECT last_insert_rowid()");
    query.next();
    query.read(pending.order);
    if (pending.id == 0) pending.id = pending.order;
}

void update_pending(Database& database, const Pending& pending) {
    database.execute(
        "UPDATE outbox SET notice = ?2, attempts = ?3, may_have_arrived = ?4, unanswered = ?5, "
        "plain = ?6, batch = ?7, route = ?8, notifier = ?9, recipient = ?10, endpoint = ?11, "
        "named_for = ?12 WHERE number = ?1 OR made_up = ?1",
        pending.id,
        notice_text(pending.notice),
        pending.attempts,
        pending.may_have_arrived ? 1 : 0,
        pending.unanswered,
        pending.plain ? 1 : 0,
        pending.batch,
        pending.lane.route,
        pending.lane.notifier,
        pending.lane.recipient,
        pending.lane.endpoint,
        pending.named_for
    );
}

/// Each incident is read and written once: a state that refused may have many to catch up with, and
/// is tried again and again.
void write_answers(Database& database, const std::vector<Answer>& answers) {
    std::map<std::int64_t, std::vector<const Answer*>> of_incident;
    for (const Answer& answer : answers) of_incident[answer.incident].push_back(&answer);
    for (const auto& [number, noted] : of_incident) {
        std::optional<Incident> incident;
        {
            Query query = database.query(select_incidents("number = ?1"), number);
            if (query.next()) incident = incident_of(query);
        }
        if (!incident) continue;
        for (const Answer* answer : noted) note(*incident, *answer);
        write_incident(database, *incident);
    }
}

bool is_looked_at_since(Database& database, const Outcome& outcome) {
    if (!outcome.as_of) return false;
    Query query = database.query(
        "SELECT 1 FROM findings WHERE database = ?1 AND backup_set = ?2 AND silent = 0 "
        "AND checked_at > ?3",
        outcome.database,
        outcome.set,
        *outcome.as_of
    );
    return query.next();
}

/// Under the numbers that its incidents have now.
std::vector<KeptNotice> write_kept(
    Database& database,
    std::vector<KeptNotice> all,
    const std::map<std::int64_t, std::int64_t>& numbers
) {
    for (KeptNotice& kept : all) {
        Pending& pending = kept.pending;
        const auto number = numbers.find(pending.notice.incident);
        if (number != numbers.end()) pending.notice.incident = number->second;
        if (kept.is_new) insert_pending(database, pending);
        update_pending(database, pending);
    }
    return all;
}

/// Of one that works there is nothing to keep but the certificate that it showed.
void write_lane(Database& database, const KeptLane& lane) {
    if (lane.failures == 0 && lane.refused == 0 && !lane.failing_since && !lane.certificate) {
        database.execute("DELETE FROM lanes WHERE endpoint = ?1", lane.endpoint);
        return;
    }
    std::optional<Instant> from;
    std::optional<Instant> until;
    std::optional<Instant> shown_at;
    if (lane.certificate) {
        from = lane.certificate->valid_from;
        until = lane.certificate->valid_until;
        shown_at = lane.certificate->shown_at;
    }
    database.execute(
        "INSERT INTO lanes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE "
        "SET "
        "failures = ?2, refused = ?3, not_before = ?4, broken = ?5, error = ?6, "
        "failing_since = ?7, certificate_from = ?8, certificate_until = ?9, "
        "certificate_shown_at = ?10",
        lane.endpoint,
        lane.failures,
        lane.refused,
        lane.not_before,
        lane.is_broken ? 1 : 0,
        lane.error,
        lane.failing_since,
        from,
        until,
        shown_at
    );
}

}  // namespace

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
    incident.finding = read_or(finding_of_text, finding, [&] { return damaged_finding(incident); });
    incident.finding.database = incident.key.database;
    incident.finding.set = incident.key.set;
    incident.finding.check = incident.key.check;
    // Without its ledger all is told once more.
    incident.told = read_or(told_of_text, told, [] { return std::vector<LedgerEntry>(); });
    return incident;
}

Recorded write_judgement(Database& database, const Outcome& outcome) {
    Recorded recorded;
    recorded.is_stale = is_looked_at_since(database, outcome);
    if (recorded.is_stale) return recorded;
    std::vector<Incident> open = read_open_incidents(database, outcome.database);
    Judgement judgement = outcome.judge(open, read_silences(database, outcome.at));
    recorded.wake = judgement.wake;
    recorded.late_answers = judgement.late_answers;
    std::map<IncidentKey, std::int64_t> opened;
    std::map<std::int64_t, std::int64_t> numbers;  ///< of those that had a made up one
    for (Incident& incident : judgement.changed) {
        const bool is_new = incident.id == 0;
        write_incident(database, incident);
        if (is_new) opened[incident.key] = incident.id;
        if (incident.made_up_id != 0) numbers[incident.made_up_id] = incident.id;
        std::erase_if(open, [&](const Incident& one) { return one.id == incident.id; });
        recorded.changed.push_back(std::move(incident));
    }
    recorded.unchanged = std::move(open);
    recorded.kept = write_kept(database, std::move(judgement.kept), numbers);
    for (Addressed& addressed : judgement.notices) {
        auto& incident = addressed.notice.incident;
        if (incident == 0 && opened.contains(addressed.notice.key)) {
            incident = opened[addressed.notice.key];
        }
        Pending& pending = recorded.notices.emplace_back();
        pending.lane = std::move(addressed.lane);
        pending.notice = std::move(addressed.notice);
        insert_pending(database, pending);
    }
    return recorded;
}

std::vector<Incident> read_incidents(Database& database, Instant since) {
    std::vector<Incident> found;
    Query query = database.query(
        select_incidents("ended_at IS NULL OR ended_at >= ?1 ORDER BY opened_at, number"), since
    );
    while (query.next()) found.push_back(incident_of(query));
    return found;
}

std::vector<Silence> read_silences(Database& database, Instant now) {
    std::vector<Silence> found;
    Query query = database.query(
        "SELECT number, database, backup_set, check_name, made_at, until, reason FROM silences "
        "INDEXED BY silences_by_end WHERE until > ?1 ORDER BY number",
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
    // Before the notices: another process may record one in between.
    Query last = database.query("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'");
    if (last.next()) last.read(outbox.last);
    Query query = database.query(
        "SELECT number, coalesce(made_up, number), notifier, recipient, endpoint, pages, route, "
        "notice, attempts, may_have_arrived, unanswered, plain, batch, named_for FROM outbox "
        "WHERE number > ?1 ORDER BY number",
        after
    );
    while (query.next()) {
        Pending& pending = outbox.pending.emplace_back();
        std::string notice;
        query.read(
            pending.order,
            pending.id,
            pending.lane.notifier,
            pending.lane.recipient,
            pending.lane.endpoint,
            pending.lane.pages,
            pending.lane.route,
            notice,
            pending.attempts,
            pending.may_have_arrived,
            pending.unanswered,
            pending.plain,
            pending.batch,
            pending.named_for
        );
        pending.notice = read_or(notice_of_text, notice, [&] { return damaged_notice(database); });
    }
    Query lanes = database.query(
        "SELECT endpoint, failures, refused, not_before, broken, error, failing_since, "
        "certificate_from, certificate_until, certificate_shown_at FROM lanes"
    );
    while (lanes.next()) {
        KeptLane& lane = outbox.lanes.emplace_back();
        std::optional<Instant> from;
        std::optional<Instant> until;
        std::optional<Instant> shown_at;
        lanes.read(
            lane.endpoint,
            lane.failures,
            lane.refused,
            lane.not_before,
            lane.is_broken,
            lane.error,
            lane.failing_since,
            from,
            until,
            shown_at
        );
        if (from && until && shown_at) lane.certificate = {{*from, *until}, *shown_at};
    }
    return outbox;
}

void write_settlement(Database& database, const Settlement& settlement) {
    write_lane(database, settlement.lane);
    for (const Pending& pending : settlement.changed) update_pending(database, pending);
    for (const std::int64_t id : settlement.gone) {
        database.execute("DELETE FROM outbox WHERE number = ?1 OR made_up = ?1", id);
    }
    write_answers(database, settlement.answers);
}

}  // namespace backupwatch
