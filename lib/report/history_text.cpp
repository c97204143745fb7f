#include "report/history_text.hpp"

#include "core/size.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "drill/report.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

constexpr std::size_t most_of_a_text = 300;

/// Something that was, and when.
struct Event {
    Instant at;
    std::string text;
};

std::string shown(const std::string& text) {
    return cut(clean_line(text), most_of_a_text);
}

Event event_of(const PastBackup& past) {
    const Backup& backup = past.backup;
    std::string text = "backup    " + past.set + "  " + shown(id_and_label(backup));
    if (backup.status == BackupStatus::completed) {
        if (backup.size_bytes) text += ", " + size_in_words(*backup.size_bytes);
        const bool took_time = backup.finished_at && *backup.finished_at > backup.started_at;
        if (took_time) text += ", in " + in_words(*backup.finished_at - backup.started_at);
    } else {
        text += " " + std::string(to_string(backup.status)) + ": " + shown(backup.error);
    }
    if (past.removed_at) {
        text += "; removed " + in_words(*past.removed_at);
    } else if (past.is_listed == false) {
        text += "; not there any more";
    }
    return {instant_of(backup), std::move(text)};
}

Event event_of(const PastDrill& drill) {
    const DrillOutcome& outcome = drill.outcome;
    std::string text = "drill     " + drill.set + "  " + shown(outcome.backup_id) + " " +
                       std::string(to_string(outcome.result));
    if (outcome.result == DrillOutcome::Result::passed) {
        const auto length = std::chrono::duration<double>(outcome.seconds);
        text += ", restored in " + in_words(std::chrono::floor<Duration>(length)) + ", " +
                counted(drill.verified_rows, "row");
    }
    if (drill.by_hand) text += ", by hand";
    if (!outcome.error.empty()) text += ": " + shown(outcome.error);
    return {outcome.finished_at, std::move(text)};
}

Event event_of(const Incident& incident) {
    const std::string& set = incident.key.set;
    std::string text = "incident  " + (set.empty() ? std::string() : set + "  ") +
                       std::to_string(incident.id) + ", " + incident.key.check + " " +
                       std::string(to_string(incident.worst)) + ": " +
                       shown(incident.finding.summary);
    if (!incident.ended_at) return {incident.opened_at, text + "; open"};
    text += "; over " + in_words(*incident.ended_at);
    if (*incident.ended_at > incident.opened_at) {
        text += ", after " + in_words(*incident.ended_at - incident.opened_at);
    }
    return {incident.opened_at, std::move(text)};
}

Event event_of(const NotedMark& mark) {
    const bool is_override = mark.kind == NotedMark::Kind::gate_overridden;
    return {mark.at, (is_override ? "override  " : "mark      ") + shown(mark.text)};
}

Event event_of(const Attestation& attestation) {
    std::string text = "attested  " + attestation.item + " by " + shown(attestation.by);
    if (attestation.minutes) {
        text += ", in " + counted(static_cast<std::size_t>(*attestation.minutes), "minute");
    }
    return {attestation.at, text + ", until " + in_words(attestation.expires_at)};
}

template <class Entry>
void add(std::vector<Event>& events, const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) events.push_back(event_of(entry));
}

std::string left_out(const Past& past) {
    std::vector<std::string> kinds;
    const auto note = [&](std::size_t count, const char* noun) {
        if (count > 0) kinds.push_back(counted(count, noun));
    };
    note(past.backups.older, "older backup");
    note(past.drills.older, "older drill");
    note(past.incidents.older, "older incident");
    note(past.marks.older, "older mark");
    if (kinds.empty()) return {};
    return "left out: " + listed(kinds, kinds.size()) + "; --limit shows more\n";
}

}  // namespace

std::string history_text(const std::string& database, const Past& past, Instant since) {
    std::vector<Event> events;
    add(events, past.backups.entries);
    add(events, past.drills.entries);
    add(events, past.incidents.entries);
    add(events, past.marks.entries);
    add(events, past.attestations);
    // Of one moment in this order: what was taken, what it proved, what was told.
    std::ranges::stable_sort(events, {}, &Event::at);
    if (events.empty()) {
        return "nothing is known of " + database + " since " + in_words(since) + "\n";
    }
    std::string text = left_out(past);
    for (const Event& event : events) text += in_words(event.at) + "  " + event.text + "\n";
    return text;
}

}  // namespace backupwatch
