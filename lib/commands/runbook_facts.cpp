#include "commands/runbook_facts.hpp"

#include "async/as_failure.hpp"
#include "core/backup/judged_drill.hpp"
#include "core/failure.hpp"
#include "drill/target.hpp"
#include "postgres/conninfo.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

/// What a deployment broke is noticed within weeks.
constexpr Duration marks_shown = std::chrono::hours(24 * 30);
constexpr int recent_records = 100;

/// The last word of drills on this backup; one that could not be run, where there is no other.
std::optional<DrillOutcome> word_on(
    const Backup& backup, const std::vector<DrillOutcome>& newest_first
) {
    std::optional<DrillOutcome> unrun;
    for (const DrillOutcome& drill : newest_first) {
        if (!is_drill_of(drill, backup)) continue;
        if (drill.result != DrillOutcome::Result::unknown) return drill;
        if (!unrun) unrun = drill;
    }
    return unrun;
}

std::optional<RunbookFacts::Stretch> stretch_in(const Inventory& inventory, Instant now) {
    if (!inventory.provider || !inventory.provider->pitr) return std::nullopt;
    const PointInTime& pitr = *inventory.provider->pitr;
    if (!pitr.earliest || !pitr.latest || *pitr.earliest > now) return std::nullopt;
    return RunbookFacts::Stretch{*pitr.earliest, *pitr.latest};
}

/// The newest proven one; where none is, the newest. Null: there is none.
const RunbookFacts::Point* best_of(const std::vector<RunbookFacts::Point>& newest_first) {
    const auto proven = std::ranges::find_if(newest_first, &RunbookFacts::Point::is_proven);
    if (proven != newest_first.end()) return &*proven;
    return newest_first.empty() ? nullptr : &newest_first.front();
}

Task<std::optional<RunbookFacts::Whole>> whole_point(
    Source& source, const std::vector<RunbookFacts::Point>& points
) {
    const RunbookFacts::Point* const best = best_of(points);
    if (best == nullptr) co_return std::nullopt;
    RunbookFacts::Whole whole;
    try {
        auto asked = as_failure(source.into_new_server(best->backup.id));
        whole.commands = co_await std::move(asked);
    } catch (const Failure&) {
        // Its set says so by itself.
    }
    if (whole.commands.empty()) co_return std::nullopt;
    whole.point = *best;
    co_return whole;
}

Task<RunbookFacts::Set> set_facts(World& world, WatchedSet& set) {
    RunbookFacts::Set facts;
    facts.name = set.settings.name;
    facts.is_drilled = set.settings.drill.has_value();
    facts.is_taken = set.settings.take && set.source->can_take();
    facts.provider_page = set.source->provider_page();
    facts.directory = set.settings.directory.string();
    facts.error = set.health.error;
    const std::vector<DrillOutcome> drills = co_await words_on_backups(world, set);
    if (!set.inventory) co_return facts;
    const Instant now = world.clock.now();
    const auto& backups = set.inventory->backups;
    for (auto backup = backups.rbegin(); backup != backups.rend(); ++backup) {
        if (backup->status != BackupStatus::completed || instant_of(*backup) > now) continue;
        facts.points.push_back({*backup, word_on(*backup, drills)});
    }
    facts.stretch = stretch_in(*set.inventory, now);
    facts.whole = co_await whole_point(*set.source, facts.points);
    co_return facts;
}

double seconds_of(const json::object& document, std::string_view phase) {
    for (const json::value& one : document.at("phases").as_array()) {
        if (one.at("name").as_string() == phase) return one.at("seconds").to_number<double>();
    }
    return 0;
}

/// By the drill that passed last, of that backup if it did.
Task<std::optional<RunbookFacts::Measured>> measured_by(
    World& world, const WatchedSet& set, std::string id
) {
    const auto records =
        co_await world.store.drills(set.database, set.settings.name, recent_records);
    const DrillRecord* found = nullptr;
    for (const DrillRecord& record : records) {
        if (record.outcome.result != DrillOutcome::Result::passed) continue;
        if (found == nullptr) found = &record;
        if (record.outcome.backup_id != id) continue;
        found = &record;
        break;
    }
    if (found == nullptr) co_return std::nullopt;
    boost::system::error_code error;
    const json::value document = json::parse(found->document, error);
    if (error || !document.is_object() || !document.as_object().contains("phases")) {
        co_return std::nullopt;
    }
    RunbookFacts::Measured measured;
    measured.at = found->outcome.finished_at;
    measured.fetch_seconds = seconds_of(document.as_object(), "fetch");
    measured.restore_seconds = seconds_of(document.as_object(), "restore");
    measured.verify_seconds = seconds_of(document.as_object(), "verify");
    co_return measured;
}

/// Nothing where it cannot be restored by commands.
Task<std::optional<ByHand>> by_hand(WatchedSet& set, std::string id) {
    try {
        auto asked = as_failure(set.source->by_hand(id));
        co_return co_await std::move(asked);
    } catch (const Failure&) {
        // What is damaged is no restore point to fill in; its set says so by itself.
        co_return std::nullopt;
    }
}

struct Candidate {
    WatchedSet* set;
    RunbookFacts::Point point;
};

/// Proven ones first, then by age: an unproven one is better than none.
std::vector<Candidate> candidates(
    const WatchedDatabase& database, const std::vector<RunbookFacts::Set>& facts
) {
    std::vector<Candidate> all;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        for (const RunbookFacts::Point& point : facts[i].points) {
            all.push_back({database.sets[i].get(), point});
        }
    }
    std::ranges::stable_sort(all, [](const Candidate& one, const Candidate& other) {
        const bool first = one.point.is_proven();
        if (first != other.point.is_proven()) return first;
        return one.point.backup.started_at > other.point.backup.started_at;
    });
    return all;
}

Task<std::optional<RunbookFacts::Chosen>> choose(
    World& world, const WatchedDatabase& database, const std::vector<RunbookFacts::Set>& facts
) {
    for (const Candidate& candidate : candidates(database, facts)) {
        auto commands = co_await by_hand(*candidate.set, candidate.point.backup.id);
        if (!commands) continue;
        RunbookFacts::Chosen chosen;
        chosen.set = candidate.set->settings.name;
        chosen.point = candidate.point;
        chosen.by_hand = std::move(*commands);
        chosen.measured = co_await measured_by(world, *candidate.set, candidate.point.backup.id);
        co_return chosen;
    }
    co_return std::nullopt;
}

/// A project of Supabase's takes a project's backup, and a database of a plain server any other.
std::vector<RunbookFacts::Guided::Target> targets_to_confirm(
    const World& world, bool are_projects
) {
    std::vector<RunbookFacts::Guided::Target> targets;
    for (const RestoreTarget& target : world.settings.restore_targets) {
        try {
            const TargetServer server(target.url);
            const bool is_project = !server.project().empty();
            if (is_project == are_projects) targets.push_back({target.name, server.place()});
        } catch (const Failure&) {
            // A restore into it says why.
        }
    }
    return targets;
}

/// What `backupwatch restore` takes.
Task<bool> may_stay(WatchedSet& set, std::string id) {
    if (!set.source->can_restore()) co_return false;
    try {
        auto asked = as_failure(set.source->unfit_to_stay(id));
        const std::string unfit = co_await std::move(asked);
        co_return unfit.empty();
    } catch (const Failure&) {
        co_return false;
    }
}

Task<std::optional<RunbookFacts::Guided>> guide(
    World& world, const WatchedDatabase& database, const std::vector<RunbookFacts::Set>& facts
) {
    RunbookFacts::Guided guided;
    for (const Candidate& candidate : candidates(database, facts)) {
        const std::string id = candidate.point.backup.id;
        const bool is_fit = co_await may_stay(*candidate.set, id);
        if (!is_fit) continue;
        const auto commands = co_await by_hand(*candidate.set, id);
        guided.is_into_project = commands && commands->is_into_project;
        guided.targets = targets_to_confirm(world, guided.is_into_project);
        if (guided.targets.empty()) continue;
        guided.set = candidate.set->settings.name;
        guided.point = candidate.point;
        guided.measured = co_await measured_by(world, *candidate.set, id);
        co_return guided;
    }
    co_return std::nullopt;
}

void add_server(RunbookFacts& facts, const Secret& url) {
    if (url.empty()) return;
    try {
        const ConnectOptions options = parse_conninfo(url);
        if (const std::string* host = find_option(options, "host")) facts.host = *host;
        if (const std::string* port = find_option(options, "port")) facts.port = *port;
    } catch (const Failure&) {
        // Then PGHOST says where.
    }
}

void add_checks(RunbookFacts& facts, const WatchedDatabase& database) {
    for (const auto& set : database.sets) {
        const auto& drill = set->settings.drill;
        if (!drill || !facts.chosen || facts.chosen->set != set->settings.name) continue;
        for (const auto& [table, columns] : drill->verify.tables) facts.tables.push_back(table);
        facts.queries = drill->queries.texts;
    }
}

const DatabaseSettings* settings_of(const World& world, const std::string& name) {
    const auto& all = world.settings.databases;
    const auto found = std::ranges::find(all, name, &DatabaseSettings::name);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::optional<RunbookSettings> runbook_settings_of(const World& world, const std::string& name) {
    const DatabaseSettings* const settings = settings_of(world, name);
    return settings == nullptr ? std::nullopt : settings->runbook;
}

Targets targets_of(const World& world, const std::string& name) {
    const DatabaseSettings* const settings = settings_of(world, name);
    return settings == nullptr ? Targets() : settings->targets.targets();
}

Task<RunbookFacts> runbook_facts(World& world, const WatchedDatabase& database) {
    RunbookFacts facts;
    facts.database = database.name;
    facts.now = world.clock.now();
    facts.settings = runbook_settings_of(world, database.name).value_or(RunbookSettings());
    const std::filesystem::path& file = world.settings.file;
    if (file != usual_configuration) facts.config = file.string();
    for (const auto& set : database.sets) {
        RunbookFacts::Set one = co_await set_facts(world, *set);
        facts.sets.push_back(std::move(one));
    }
    facts.chosen = co_await choose(world, database, facts.sets);
    facts.guided = co_await guide(world, database, facts.sets);
    facts.marks = co_await world.store.marks(database.name, facts.now - marks_shown);
    std::ranges::reverse(facts.marks);
    facts.attestations = co_await world.store.attestations(database.name);
    add_server(facts, database.url);
    add_checks(facts, database);
    co_return facts;
}

}  // namespace backupwatch
