#include "commands/documents.hpp"
#include "commands/verbs.hpp"
#include "core/digits.hpp"
#include "core/failure.hpp"
#include "core/incident/step.hpp"
#include "core/quoted_line.hpp"
#include "json/text.hpp"
#include "report/history_text.hpp"
#include "store/pruning.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr int usual_limit = 100;
constexpr int most_of_a_kind = 10'000;

int limit_of(const Request& request) {
    const std::string text = text_option(request, "limit");
    if (text.empty()) return usual_limit;
    std::string_view rest = text;
    const auto limit = take_number(rest);
    if (limit && rest.empty() && *limit >= 1 && *limit <= most_of_a_kind) {
        return static_cast<int>(*limit);
    }
    throw Failure(
        Failure::Kind::usage,
        "--limit: " + quoted_line(text) + " is no number from 1 to " +
            std::to_string(most_of_a_kind)
    );
}

json::object past_backup_json(const PastBackup& past) {
    json::object object = backup_json(past.backup);
    object["set"] = past.set;
    object["removed_at"] = or_null(past.removed_at);
    object["listed"] = past.is_listed ? json::value(*past.is_listed) : json::value(nullptr);
    return object;
}

json::object past_drill_json(const PastDrill& drill) {
    const DrillOutcome& outcome = drill.outcome;
    return {
        {"set", drill.set},
        {"backup", outcome.backup_id},
        {"result", to_string(outcome.result)},
        {"finished_at", to_rfc3339(outcome.finished_at)},
        {"restore_seconds", to_milliseconds(outcome.seconds)},
        {"verified_rows", drill.verified_rows},
        {"by_hand", drill.by_hand},
        {"error", text_or_null(outcome.error)},
    };
}

json::object past_incident_json(const Incident& incident) {
    json::array told;
    for (const LedgerEntry& entry : incident.told) {
        if (knows_of_it(entry)) told.emplace_back(name_of(entry.lane));
    }
    return {
        {"id", incident.id},
        {"set", incident.key.set},
        {"check", incident.key.check},
        {"worst", to_string(incident.worst)},
        {"summary", incident.finding.summary},
        {"opened_at", to_rfc3339(incident.opened_at)},
        {"ended_at", or_null(incident.ended_at)},
        {"told", std::move(told)},
    };
}

json::object attestation_json(const Attestation& attestation) {
    json::object object{
        {"item", attestation.item},
        {"by", attestation.by},
        {"at", to_rfc3339(attestation.at)},
        {"expires_at", to_rfc3339(attestation.expires_at)},
        {"minutes", nullptr},
        {"file", text_or_null(attestation.file)},
    };
    if (attestation.minutes) object["minutes"] = *attestation.minutes;
    return object;
}

template <class Entries, class ToJson>
json::array array_of(const Entries& entries, ToJson to_json) {
    json::array array;
    for (const auto& entry : entries) array.push_back(to_json(entry));
    return array;
}

/// Why there may have been more than the state knows; empty: there was not.
std::string gap_in(const World& world) {
    if (!world.state_alarm.empty()) return "the state cannot be read: " + world.state_alarm;
    if (world.is_history_lost()) return "the state was damaged: what it held before is not here";
    return {};
}

json::object history_json(const PastQuestion& question, const Past& past, const std::string& gap) {
    return {
        {"database", question.database},
        {"since", to_rfc3339(question.since)},
        {"backups", array_of(past.backups.entries, past_backup_json)},
        {"drills", array_of(past.drills.entries, past_drill_json)},
        {"incidents", array_of(past.incidents.entries, past_incident_json)},
        {"marks", array_of(past.marks.entries, mark_json)},
        {"attestations", array_of(past.attestations, attestation_json)},
        {"left_out",
         json::object{
             {"backups", past.backups.older},
             {"drills", past.drills.older},
             {"incidents", past.incidents.older},
             {"marks", past.marks.older},
         }},
        {"state_error", text_or_null(gap)},
    };
}

/// By the last look, where there was one: what a provider removes, it does not tell.
void note_listed(World& world, const std::string& database, std::vector<PastBackup>& backups) {
    for (PastBackup& past : backups) {
        const WatchedSet* set = world.watched(database, past.set);
        const bool has_failed = past.backup.status != BackupStatus::completed;
        if (has_failed || set == nullptr || !set->inventory) continue;
        const auto& listed = set->inventory->backups;
        past.is_listed = std::ranges::count(listed, past.backup.id, &Backup::id) > 0;
    }
}

bool is_watched(const World& world, const std::string& name) {
    return std::ranges::count(world.databases, name, &WatchedDatabase::name) > 0;
}

bool is_empty(const Past& past) {
    return past.backups.entries.empty() && past.drills.entries.empty() &&
           past.incidents.entries.empty() && past.marks.entries.empty() &&
           past.attestations.empty();
}

}  // namespace

Instant written_since(const std::string& text, Instant now) {
    if (const auto period = parse_duration(text)) return now - *period;
    return written_moment(text);
}

Task<Reply> history_command(World& world, Request request, ProgressSink) {
    const Instant now = world.clock.now();
    const std::string since = text_option(request, "since");
    PastQuestion question;
    question.database = only_target(request);
    question.since = since.empty() ? now - history_kept : written_since(since, now);
    question.limit = limit_of(request);
    Past past = co_await world.store.past(question);
    note_listed(world, question.database, past.backups.entries);
    // One that left the configuration has its past all the same, and so have we.
    if (!is_watched(world, question.database) && is_empty(past)) whole_database(world, request);
    Reply reply;
    const std::string gap = gap_in(world);
    reply.exit_code = exit_code(gap.empty() ? Severity::ok : Severity::unknown);
    reply.document = history_json(question, past, gap);
    reply.text = history_text(question.database, past, question.since);
    if (!gap.empty()) reply.text += gap + "\n";
    co_return reply;
}

}  // namespace backupwatch
