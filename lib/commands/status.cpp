#include "commands/alert_status.hpp"
#include "commands/documents.hpp"
#include "commands/newest_marks.hpp"
#include "commands/next_slots.hpp"
#include "commands/verbs.hpp"
#include "core/size.hpp"
#include "core/time/slots.hpp"
#include "core/words.hpp"
#include "json/text.hpp"
#include "watch/work.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace backupwatch {
namespace {

namespace json = boost::json;

std::vector<NextSlot> next_of(const World& world, const WatchedSet& set) {
    const Duration offset = spread_offset(set.database, world.settings.spread);
    return next_slots(set.settings, offset, world.clock.now());
}

json::value next_backup_json(const std::vector<NextSlot>& next) {
    const auto take = std::ranges::find(next, "take", &NextSlot::kind);
    return take == next.end() ? json::value(nullptr) : json::value(to_rfc3339(take->at));
}

json::array next_json(const std::vector<NextSlot>& slots) {
    json::array next;
    for (const NextSlot& slot : slots) {
        next.push_back({{"kind", slot.kind}, {"at", to_rfc3339(slot.at)}});
    }
    return next;
}

json::value last_drill_json(const WatchedSet& set) {
    if (!set.last_drill) return nullptr;
    const DrillOutcome& outcome = set.last_drill->outcome;
    return json::object{
        {"backup", outcome.backup_id},
        {"result", to_string(outcome.result)},
        {"finished_at", to_rfc3339(outcome.finished_at)},
        {"restore_seconds", to_milliseconds(outcome.seconds)},
        {"error", outcome.error.empty() ? json::value(nullptr) : json::value(outcome.error)},
    };
}

json::object set_json(const World& world, const WatchedSet& set) {
    const Instant now = world.clock.now();
    const std::vector<NextSlot> next = next_of(world, set);
    const std::vector<std::string> running = running_now(set);
    json::object object{
        {"name", set.settings.name},
        {"newest_backup", nullptr},
        {"last_drill", last_drill_json(set)},
        {"next_backup", next_backup_json(next)},
        {"next", next_json(next)},
        {"running", running.empty() ? json::value(nullptr) : json::value(running.front())},
        {"last_look",
         set.last_look ? json::value(to_rfc3339(*set.last_look)) : json::value(nullptr)},
    };
    if (set.inventory) {
        const Backup* newest = newest_completed(*set.inventory, now);
        if (newest != nullptr) object["newest_backup"] = backup_json(*newest);
    }
    return object;
}

json::value disk_json(const WatchedDatabase& database) {
    if (database.samples.empty()) return nullptr;
    const DiskSample& sample = database.samples.back();
    return json::object{
        {"at", to_rfc3339(sample.at)},
        {"used_bytes", sample.used},
        {"capacity_bytes", sample.capacity},
    };
}

json::array findings_of(const Told& told, const std::string& database) {
    json::array findings;
    for (auto entry = told.lower_bound({database, "", ""}); entry != told.end(); ++entry) {
        const Finding& finding = entry->second.finding;
        if (finding.database != database) break;
        findings.push_back(finding_json(finding));
    }
    return findings;
}

json::object database_json(
    const World& world, const WatchedDatabase& database, const Told& told, const NewestMarks& marks
) {
    json::array sets;
    for (const auto& set : database.sets) sets.push_back(set_json(world, *set));
    return {
        {"name", database.name},
        {"sets", std::move(sets)},
        {"disk", disk_json(database)},
        {"findings", findings_of(told, database.name)},
        {"marks", marks_json(marks, database.name)},
    };
}

/// Its label too, where the backup is still listed.
std::string backup_text(const WatchedSet& set, const std::string& id) {
    if (!set.inventory) return id;
    const auto& backups = set.inventory->backups;
    const auto found = std::ranges::find(backups, id, &Backup::id);
    return found == backups.end() ? id : id_and_label(*found);
}

/// `take 2026-11-23T03:00:00Z, drill 2026-11-29T04:00:00Z`.
std::string next_text(const World& world, const WatchedSet& set) {
    std::string text;
    for (const NextSlot& slot : next_of(world, set)) {
        text += (text.empty() ? "" : ", ") + std::string(slot.kind) + " " + to_rfc3339(slot.at);
    }
    return text;
}

std::string set_text(const World& world, const WatchedSet& set) {
    const Instant now = world.clock.now();
    std::string text = target_of(set);
    const Backup* newest = set.inventory ? newest_completed(*set.inventory, now) : nullptr;
    if (newest == nullptr) {
        text += "\n  newest backup  none known";
    } else {
        text += "\n  newest backup  " + id_and_label(*newest) + ", " +
                in_words(now - newest->finished_at.value_or(newest->started_at)) + " old, " +
                size_in_words(newest->size_bytes.value_or(0));
    }
    text += "\n  last drill     ";
    if (set.last_drill) {
        const DrillOutcome& drill = set.last_drill->outcome;
        text += std::string(to_string(drill.result)) + " " + in_words(now - drill.finished_at) +
                " ago, of " + backup_text(set, drill.backup_id);
        if (!drill.error.empty()) text += ": " + drill.error;
    } else {
        text += set.settings.drill ? "none yet" : "not configured";
    }
    const std::string next = next_text(world, set);
    if (!next.empty()) text += "\n  next           " + next;
    const std::vector<std::string> running = running_now(set);
    if (!running.empty()) text += "\n  running now    " + listed(running, running.size());
    return text + "\n";
}

/// Without a daemon nobody has looked yet.
Task<> look_at_the_unseen(World& world, std::vector<WatchedSet*> sets) {
    for (WatchedSet* set : sets) {
        if (!set->last_look) co_await look(world, *set);
    }
    for (WatchedDatabase& database : world.databases) {
        if (database.disk && !database.last_poll) co_await poll_disk(world, database);
    }
    if (!world.last_look_at_ourselves) co_await watch_ourselves(world);
}

/// No check fails. A drill by hand that did not pass makes none fail either, and is no good news.
std::string good_news(const std::vector<WatchedSet*>& sets) {
    std::string but;
    for (const WatchedSet* set : sets) {
        if (!set->last_drill || is_judged(*set->last_drill)) continue;
        const bool has_failed = set->last_drill->outcome.result == DrillOutcome::Result::failed;
        but += (but.empty() ? "no check fails; the last drill of " : ", of ") + target_of(*set) +
               (has_failed ? ", by hand, failed" : ", by hand, could not be run");
    }
    if (but.empty()) return "nothing is wrong that backupwatch knows of\n";
    return but + ": see below\n";
}

json::object status_json(const World& world, const Told& told, const NewestMarks& marks) {
    json::array databases;
    for (const WatchedDatabase& database : world.databases) {
        databases.push_back(database_json(world, database, told, marks));
    }
    return {
        {"version", BACKUPWATCH_VERSION},
        {"now", to_rfc3339(world.clock.now())},
        {"severity", to_string(worst_of(told))},
        {"store_error",
         world.store_error.empty() ? json::value(nullptr) : json::value(world.store_error)},
        {"databases", std::move(databases)},
        {"backupwatch", findings_of(told, "backupwatch")},
        {"incidents", open_incidents_json(world)},
        {"notifiers", notifiers_json(world)},
    };
}

}  // namespace

Task<json::object> status_json(World& world) {
    const NewestMarks marks = co_await newest_marks(world);
    co_return status_json(world, world.told(), marks);
}

Task<json::object> database_json(World& world, std::string name) {
    for (const WatchedDatabase& database : world.databases) {
        if (database.name != name) continue;
        const NewestMarks marks = co_await newest_marks(world);
        co_return database_json(world, database, world.told(name), marks);
    }
    co_return json::object();
}

Task<Reply> status_command(World& world, Request request, ProgressSink) {
    co_await world.probe_store();
    const std::vector<WatchedSet*> chosen = world.find_sets(request.targets);
    co_await look_at_the_unseen(world, chosen);
    const NewestMarks marks = co_await newest_marks(world);
    std::string sets;
    for (const WatchedSet* set : chosen) sets += set_text(world, *set);
    std::vector<Finding> failing;
    const Told told = world.told();
    for (const auto& [key, recorded] : told) {
        if (recorded.finding.severity != Severity::ok) failing.push_back(recorded.finding);
    }
    Reply reply;
    reply.exit_code = exit_code(worst_of(told));
    reply.document = status_json(world, told, marks);
    reply.text = failing.empty() ? good_news(chosen) : findings_text(failing);
    reply.text += "\n" + sets + alerts_text(world) + marks_text(world, marks);
    if (!world.store_error.empty())
        reply.text += "\nthe state cannot be written: " + world.store_error + "\n";
    co_return reply;
}

}  // namespace backupwatch
