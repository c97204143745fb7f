#include "core/check/readiness.hpp"

#include "commands/runbook_facts.hpp"
#include "commands/runbook_file.hpp"
#include "commands/verbs.hpp"
#include "core/words.hpp"
#include "watch/notes.hpp"
#include "watch/work.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

ReadinessFacts::Set set_of(const WatchedSet& set, const Told& told) {
    ReadinessFacts::Set facts;
    facts.name = target_of(set);
    facts.policy = policy_of(set.settings).backup;
    facts.error = set.health.error;
    if (facts.error.empty()) facts.inventory = set.inventory;
    if (facts.inventory) {
        for (const Backup& backup : facts.inventory->backups) {
            if (backup.status == BackupStatus::failed) facts.failed.push_back(backup);
        }
    }
    if (set.last_passed) facts.last_pass = set.last_passed->outcome;
    const bool has_failed =
        set.last_drill && set.last_drill->outcome.result == DrillOutcome::Result::failed;
    if (has_failed) facts.failed_since = set.last_drill->outcome;
    if (const auto& drill = set.settings.drill) {
        facts.is_drilled = true;
        facts.longest_since_pass = drill->policy.max_age;
    }
    const auto retention = told.find({set.database, set.settings.name, "retention"});
    if (retention != told.end()) facts.retention = retention->second.finding;
    const auto pitr = told.find({set.database, set.settings.name, "pitr"});
    if (pitr != told.end()) {
        facts.pitr = pitr->second.finding;
        facts.pitr_at = pitr->second.checked_at;
    }
    return facts;
}

/// When all that a notifier sends to now took a test; none: one of them did not.
std::optional<Instant> tested_at(
    const ConfiguredNotifier& configured, const std::vector<Attestation>& tests, Instant now
) {
    std::optional<Instant> oldest;
    for (const Lane& lane : configured.notifier->lanes()) {
        const std::string item = item_of_test(lane.notifier, lane.endpoint);
        const Attestation* const test = held_attestation(tests, item, now);
        if (test == nullptr) return std::nullopt;
        oldest = std::min(oldest.value_or(test->at), test->at);
    }
    return oldest;
}

/// What tests that were accepted left behind.
Task<std::vector<ReadinessFacts::Notifier>> notifiers_of(World& world) {
    const auto tests = co_await world.store.attestations(std::string(own_tests));
    const Instant now = world.clock.now();
    std::vector<ReadinessFacts::Notifier> notifiers;
    for (const ConfiguredNotifier& configured : world.alerting.notifiers) {
        notifiers.push_back({configured.name, tested_at(configured, tests, now)});
    }
    co_return notifiers;
}

/// When a file was written; none: there is none.
std::optional<Instant> written_at(const std::filesystem::path& file) {
    std::error_code error;
    const auto time = std::filesystem::last_write_time(file, error);
    if (error) return std::nullopt;
    const auto system = std::chrono::file_clock::to_sys(time);
    return std::chrono::floor<Duration>(system);
}

/// What was seen of each set, also what was removed since.
Task<> add_past(World& world, ReadinessFacts& facts) {
    // Of a set that is taken every five minutes more is left out, of the oldest.
    constexpr int most = 10'000;
    PastQuestion question;
    question.database = facts.database;
    question.since = world.clock.now() - success_window;
    question.limit = most;
    Past past = co_await world.store.past(std::move(question));
    for (PastBackup& one : past.backups.entries) {
        for (ReadinessFacts::Set& set : facts.sets) {
            if (set.name == facts.database + "/" + one.set) set.past.push_back(one.backup);
        }
    }
}

/// What providers said last, by the sets' names.
using LastEvidence = std::map<std::string, Evidence>;

Task<LastEvidence> last_evidence(World& world, const WatchedDatabase& database) {
    LastEvidence last;
    for (const auto& set : database.sets) {
        if (!set->settings.provider) continue;
        auto kept = co_await world.store.evidence(set->database, set->settings.name);
        if (!kept.empty()) last[target_of(*set)] = std::move(kept.back());
    }
    co_return last;
}

/// `disk`: what a poll found just now.
Task<ReadinessFacts> readiness_facts(
    World& world,
    const WatchedDatabase& database,
    const LastEvidence& evidence,
    std::optional<Finding> disk
) {
    ReadinessFacts facts;
    facts.database = database.name;
    const Told told = world.told(database.name);
    for (const auto& set : database.sets) {
        co_await world.recall_drills(*set);
        facts.sets.push_back(set_of(*set, told));
        const auto kept = evidence.find(target_of(*set));
        if (kept != evidence.end()) facts.sets.back().evidence_of = kept->second.taken_at;
    }
    co_await add_past(world, facts);
    facts.notifiers = co_await notifiers_of(world);
    facts.attestations = co_await world.store.attestations(database.name);
    const std::filesystem::path runbook = runbook_file(world, database.name);
    facts.runbook_written_at = written_at(runbook);
    if (const auto publication = last_publication(runbook)) {
        facts.publish_error = publication->error;
        facts.runbook_published_at = publication->at;
    }
    const auto settings = runbook_settings_of(world, database.name);
    facts.has_runbook = settings.has_value();
    facts.publishes_runbook = settings && !settings->publish.empty();
    facts.watches_disk = database.disk.has_value();
    const bool is_unread = disk && disk->severity == Severity::unknown;
    if (is_unread) facts.disk_error = disk->summary;
    // What was measured before is no evidence of now.
    if (!is_unread && !database.samples.empty()) facts.disk = database.samples.back();
    facts.targets = targets_of(world, database.name);
    co_return facts;
}

json::object item_json(const ReadinessItem& item) {
    return {
        {"item", item.name},
        {"ready", item.severity == Severity::ok},
        {"severity", to_string(item.severity)},
        {"evidence", item.evidence},
        {"to_do", item.to_do.empty() ? json::value(nullptr) : json::value(item.to_do)},
    };
}

json::object evidence_json(const std::string& set, const Evidence& evidence) {
    boost::system::error_code error;
    json::value document = json::parse(evidence.document, error);
    if (error) document = evidence.document;
    return {
        {"set", set},
        {"taken_at", to_rfc3339(evidence.taken_at)},
        {"document", std::move(document)},
    };
}

std::string line_of_item(const ReadinessItem& item) {
    std::string line = item.severity == Severity::ok        ? "ready    "
                       : item.severity == Severity::warning ? "warning  "
                       : item.severity == Severity::unknown ? "unknown  "
                                                            : "MISSING  ";
    line += item.name + ": " + item.evidence;
    return line + (item.to_do.empty() ? "\n" : "\n         -> " + item.to_do + "\n");
}

/// Texts of others in a table, where a bar would end the cell.
std::string in_cell(std::string text) {
    std::ranges::replace(text, '|', '/');
    return text;
}

std::string report_of(
    const std::string& database, const std::vector<ReadinessItem>& items, Instant now
) {
    std::string text = "# Readiness of `" + database + "`\n\nAs of " + in_words(now) +
                       ".\n\n| | item | evidence | to do |\n|---|---|---|---|\n";
    for (const ReadinessItem& item : items) {
        text += "| " +
                std::string(item.severity == Severity::ok ? "ready" : to_string(item.severity)) +
                " | " + item.name + " | " + in_cell(item.evidence) + " | " + in_cell(item.to_do) +
                " |\n";
    }
    return text;
}

Severity worst_item(const std::vector<ReadinessItem>& items) {
    Severity worst = Severity::ok;
    for (const ReadinessItem& item : items) worst = std::max(worst, item.severity);
    return worst;
}

std::size_t ready_items(const std::vector<ReadinessItem>& items) {
    return static_cast<std::size_t>(
        std::ranges::count(items, Severity::ok, &ReadinessItem::severity)
    );
}

Task<std::string> tell_readiness(
    World& world, std::string database, std::vector<ReadinessItem> items
) {
    std::vector<std::string> lines;
    for (const ReadinessItem& item : items) {
        if (item.severity == Severity::ok) continue;
        lines.push_back(item.name + ": " + item.evidence + " (" + item.to_do + ")");
    }
    const std::string summary = "set-up: " + std::to_string(ready_items(items)) + " of " +
                                counted(items.size(), "item") + " ready";
    Notice notice = note_of(database, summary, std::move(lines));
    notice.severity = worst_item(items);
    const std::size_t told = co_await tell_note(world, std::move(notice));
    co_return told == 0 ? std::string("nobody is told: no notifier is configured that could\n")
                        : std::string("told\n");
}

}  // namespace

Task<Reply> readiness_command(World& world, Request request, ProgressSink) {
    WatchedDatabase& database = whole_database(world, request);
    for (const auto& set : database.sets) co_await look(world, *set);
    std::optional<Finding> disk;
    if (database.disk) disk = co_await poll_disk(world, database);
    const LastEvidence evidence = co_await last_evidence(world, database);
    const ReadinessFacts facts = co_await readiness_facts(world, database, evidence, disk);
    const Instant now = world.clock.now();
    const std::vector<ReadinessItem> items = check_readiness(facts, now);
    Reply reply;
    reply.exit_code = exit_code(worst_item(items));
    json::array list;
    for (const ReadinessItem& item : items) {
        list.push_back(item_json(item));
        reply.text += line_of_item(item);
    }
    json::array said;
    for (const auto& [set, one] : evidence) said.push_back(evidence_json(set, one));
    reply.document = json::object{
        {"database", facts.database},
        {"now", to_rfc3339(now)},
        {"ready", ready_items(items) == items.size()},
        {"items", std::move(list)},
        {"evidence", std::move(said)},
    };
    reply.report = report_of(facts.database, items, now);
    if (text_option(request, "notify").empty()) co_return reply;
    const std::string told = co_await tell_readiness(world, facts.database, items);
    reply.text += told;
    co_return reply;
}

}  // namespace backupwatch
