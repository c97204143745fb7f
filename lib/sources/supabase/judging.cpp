#include "sources/supabase/judging.hpp"

#include "sources/supabase/usual_time.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace backupwatch {
namespace {

/// As the prices say; what the organization is entitled to goes before it.
constexpr std::array<std::pair<std::string_view, int>, 3> days_by_plan{
    {{"pro", 7}, {"team", 14}, {"enterprise", 30}}};

constexpr std::array<std::string_view, 5> passing{
    "RESTORING", "UPGRADING", "COMING_UP", "RESTARTING", "RESIZING"};

struct StatusRule {
    std::string_view status;
    Severity severity;
    std::string_view means;
};
constexpr std::array<StatusRule, 9> lasting{{
    {"ACTIVE_UNHEALTHY", Severity::warning, "it runs, and is not healthy"},
    {"UNKNOWN", Severity::unknown, "the provider itself does not know how it is"},
    {"INACTIVE", Severity::critical, "it is paused: nobody can use it, and no backup is taken"},
    {"PAUSING", Severity::critical, "it is being paused: no backup is taken then"},
    {"PAUSE_FAILED", Severity::critical, "pausing it failed"},
    {"GOING_DOWN", Severity::critical, "it is being removed, and its backups go with it"},
    {"REMOVED", Severity::critical, "it is removed, and its backups went with it"},
    {"RESTORE_FAILED", Severity::critical, "restoring it failed"},
    {"INIT_FAILED", Severity::critical, "making it failed"},
}};

Duration of_days(int count) {
    return std::chrono::hours(24) * count;
}

std::optional<Backup> backup_of(const ProviderBackup& listed, Instant now) {
    // As if it were not listed: what was a backup, and is none any more.
    if (listed.status == "REMOVED") return std::nullopt;
    Backup backup;
    backup.id = listed.id;
    backup.started_at = listed.inserted_at;
    if (listed.status == "COMPLETED") {
        backup.status = BackupStatus::completed;
        backup.finished_at = listed.inserted_at;
    } else if (listed.status == "FAILED") {
        backup.status = BackupStatus::failed;
        backup.finished_at = listed.inserted_at;
        backup.error = "the provider says no more than FAILED";
    } else if (listed.status == "PENDING") {
        const Duration pending = now - listed.inserted_at;
        const bool is_stuck = pending > longest_pending;
        backup.status = is_stuck ? BackupStatus::failed : BackupStatus::running;
        if (is_stuck) backup.error = "it is PENDING for " + in_words(pending);
    } else {
        backup.error = listed.status;
    }
    return backup;
}

Remark judge_status(const std::string& status, const ProjectHistory& history, Instant now) {
    const std::string named = " (" + status + ")";
    for (const StatusRule& rule : lasting) {
        if (rule.status == status) return {rule.severity, std::string(rule.means) + named};
    }
    if (std::ranges::find(passing, status) == passing.end()) {
        return {Severity::unknown, "its status \"" + status + "\" is none that this version knows"};
    }
    const Duration since = now - history.status_since.value_or(now);
    const bool is_restored = status == "RESTORING";
    if (since > longest_passing) {
        return {Severity::critical, "it is " + status + " for " + in_words(since)};
    }
    return {is_restored ? Severity::warning : Severity::ok, "it is " + status};
}

/// What cannot be told, and is as bad as `severity` once it was missed often enough, or for good.
template <class T>
void add_miss(
    std::vector<Remark>& remarks,
    const LastAnswer<T>& answer,
    const std::string& what,
    Severity severity
) {
    if (!answer.is_lost()) return;
    remarks.push_back({severity, what + " is not known: " + answer.failure->what()});
}

std::optional<int> kept_days(const ProjectFacts& facts) {
    if (facts.retention) return facts.retention;
    for (const auto& [plan, count] : days_by_plan) {
        if (plan == facts.plan) return count;
    }
    return std::nullopt;
}

/// By what is known now, and not by what was told before.
bool promises_backups(const ProjectKnowledge& known) {
    ProjectFacts facts;
    if (known.plan.value && !known.plan.is_lost()) facts.plan = *known.plan.value;
    if (known.retention.value && !known.retention.is_lost()) {
        facts.retention = *known.retention.value;
    }
    return kept_days(facts).value_or(0) > 0;
}

void add_base_backups(std::vector<Remark>& remarks, const Inventory& inventory, Instant now) {
    const Backup* newest = newest_completed(inventory, now);
    const bool has_failed = std::ranges::any_of(inventory.backups, [&](const Backup& backup) {
        return backup.status == BackupStatus::failed &&
               (newest == nullptr || instant_of(*newest) < instant_of(backup));
    });
    if (!has_failed) return;
    remarks.push_back(
        {Severity::warning,
         "the last base backup failed: what is written is archived, and restored from an older one"}
    );
}

std::vector<Remark> remarks_on(
    const ProjectKnowledge& known,
    const ProjectFacts& facts,
    const ProjectHistory& history,
    Duration reach_back,
    Instant now
) {
    std::vector<Remark> remarks;
    if (known.project.value && known.project.value->status != "ACTIVE_HEALTHY") {
        remarks.push_back(judge_status(known.project.value->status, history, now));
    }
    add_miss(remarks, known.project, "whether it runs", Severity::unknown);
    if (known.readonly.value.value_or(false)) {
        remarks.push_back({Severity::critical, "it is in read-only mode: its disk is, or was, full"}
        );
    }
    add_miss(remarks, known.readonly, "whether it takes writes", Severity::unknown);
    if (history.standing) {
        const auto changes = changes_for_the_worse(*history.standing, facts);
        remarks.insert(remarks.end(), changes.begin(), changes.end());
    }
    const auto kept = kept_days(facts);
    const bool has_pitr = known.backups.pitr_enabled;
    if (!has_pitr && kept && *kept > 0 && of_days(*kept) < reach_back) {
        remarks.push_back(
            {Severity::warning,
             "daily backups are kept for " + in_words(of_days(*kept)) +
                 ", and reach_back asks for " + in_words(reach_back)}
        );
    }
    add_miss(remarks, known.plan, "the plan", Severity::ok);
    add_miss(remarks, known.retention, "for how long backups are kept", Severity::ok);
    if (has_pitr) {
        add_miss(remarks, known.pitr_bought, "how far back it was bought", Severity::ok);
    }
    return remarks;
}

}  // namespace

std::optional<bool> is_waiting(const ProjectKnowledge& known) {
    const auto& segments = known.waiting_segments;
    if (!segments.value || segments.is_lost()) return std::nullopt;
    return *segments.value > 0;
}

bool has_backups(const BackupsReply& reply) {
    return reply.pitr_enabled || std::ranges::any_of(reply.backups, [](const ProviderBackup& one) {
               return one.status != "REMOVED";
           });
}

bool may_be_without(
    const ProjectKnowledge& known, const ProjectHistory& history, Duration first_due, Instant now
) {
    if (has_backups(known.backups) || promises_backups(known)) return false;
    if (history.had_backups) return true;
    // On this plan there never were any: nothing is missed.
    if (facts_of(known, history).plan == "free") return false;
    const auto& project = known.project.value;
    const auto created = project ? project->created_at : std::nullopt;
    return !created || now - *created > first_due;
}

ProjectFacts facts_of(const ProjectKnowledge& known, const ProjectHistory& history) {
    ProjectFacts facts;
    // Not as it was at its best: what was not asked for just now has not got better by that.
    for (const auto& kept : {history.last, history.standing}) {
        if (!kept || kept->ref != known.ref) continue;
        facts = *kept;
        break;
    }
    facts.ref = known.ref;
    if (!known.backups.region.empty()) facts.region = known.backups.region;
    facts.has_pitr.reset();
    if (known.wants_pitr) facts.has_pitr = known.backups.pitr_enabled;
    if (known.project.value && known.project.value->postgres_major > 0) {
        facts.postgres_major = known.project.value->postgres_major;
    }
    if (known.plan.value && !known.plan.value->empty()) facts.plan = *known.plan.value;
    // One that names none any more has not said that there is none.
    if (known.retention.value && *known.retention.value) facts.retention = *known.retention.value;
    if (known.pitr_bought.value) facts.pitr_bought = *known.pitr_bought.value;
    return facts;
}

Inventory judge_project(
    const ProjectKnowledge& known, const ProjectHistory& history, Duration reach_back, Instant now
) {
    const ProjectFacts facts = facts_of(known, history);
    Inventory inventory;
    inventory.listed_at = now;
    for (const ProviderBackup& listed : known.backups.backups) {
        if (auto backup = backup_of(listed, now)) inventory.backups.push_back(*std::move(backup));
    }
    std::ranges::stable_sort(inventory.backups, {}, instant_of);

    ProviderReport report;
    if (known.project.value) report.exists_since = known.project.value->created_at;
    if (known.schedule.value) {
        report.due = DailyDue{
            known.schedule.value->since_midnight,
            known.schedule.value->updated_at.value_or(Instant())};
    } else {
        report.due = usual_due(inventory, now);
    }
    report.is_without = history.is_without && !promises_backups(known);
    if (report.is_without) {
        report.keeps = Duration(0);
    } else if (const auto kept = kept_days(facts); kept && *kept > 0) {
        report.keeps = of_days(*kept);
    }
    if (facts.plan == "free") report.plan_without = facts.plan;
    // One that has, or had, backups has a plan with backups, or had.
    const bool has_had_any = history.had_backups || !known.backups.backups.empty();
    report.is_plan_told = !facts.plan.empty() || kept_days(facts).value_or(0) > 0 || has_had_any;
    if (known.backups.pitr_enabled) {
        PointInTime pitr;
        pitr.earliest = known.backups.earliest;
        pitr.latest = known.backups.latest;
        pitr.began = history.pitr_began;
        pitr.is_waiting = is_waiting(known);
        if (!history.waiting.empty()) pitr.waiting_since = history.waiting.front();
        pitr.is_asked_again =
            !pitr.is_waiting && known.waiting_segments.failure && !known.waiting_segments.is_lost();
        if (facts.pitr_bought) pitr.keeps = of_days(*facts.pitr_bought);
        report.pitr = pitr;
    }
    report.remarks = remarks_on(known, facts, history, reach_back, now);
    if (report.pitr) add_base_backups(report.remarks, inventory, now);
    inventory.provider = std::move(report);
    return inventory;
}

}  // namespace backupwatch
