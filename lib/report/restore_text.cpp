#include "report/restore_text.hpp"

#include "core/backup/project_queues.hpp"
#include "core/size.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "report/drill_text.hpp"

#include <chrono>

namespace backupwatch {
namespace {

bool is_refused(const RestoreFacts& facts) {
    return facts.outlook.decision.step == TargetDecision::Step::refuse;
}

std::string backup_line(const Backup& backup) {
    std::string text =
        clean_line(id_and_label(backup)) + ", as it was at " + to_rfc3339(backup.started_at);
    if (backup.size_bytes) text += ", " + size_in_words(*backup.size_bytes);
    return text;
}

std::string numbered(const std::vector<std::string>& steps, const std::string& indent) {
    std::string text;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        text += indent + std::to_string(i + 1) + ". " + steps[i] + "\n";
    }
    return text;
}

/// The application is still that of the old database: a page that fails says nothing of the new
/// one.
std::string pages_text(const std::vector<VerifiedCheck>& pages, const std::string& begins) {
    std::string text;
    for (const VerifiedCheck& page : pages) {
        text += begins + page.name + ": " + page.detail + (page.ok ? "" : " (as of now)") + "\n";
    }
    return text;
}

/// Whoever reads no more than the first line knows it.
std::string without_in_words(const std::vector<LeftForLater>& for_later) {
    if (for_later.empty()) return {};
    std::vector<std::string> names;
    for (const LeftForLater& one : for_later) names.push_back(one.what);
    return "; without " + listed(names) + ": see the steps";
}

/// One sentence, as of a drill.
std::string verdict_of_restore(const RestoreFacts& facts, const DrillReport& report) {
    const std::string& place = facts.outlook.facts.place;
    const auto& errors = report.verification.errors;
    const auto took = std::chrono::round<Duration>(std::chrono::duration<double>(report.seconds));
    const bool is_marked = facts.not_marked.empty();
    const TargetDecision::Step step = facts.outlook.decision.step;
    const bool is_project = TargetDecision::is_of_project(step);
    const bool was_loaded = step == TargetDecision::Step::verify_project;
    const std::string mark = is_project ? "loaded" : "unfinished";
    const std::string unmarked =
        is_marked ? "" : "; it is still marked as " + mark + ": " + clean_line(facts.not_marked);
    if (errors.empty()) {
        return std::string(is_marked ? "RESTORED: " : "RESTORED, NOT MARKED: ") + place +
               " holds " + facts.set + " " + clean_line(id_and_label(facts.backup)) +
               (was_loaded ? ", loaded already and verified now, in " : ", verified, in ") +
               in_words(took) + without_in_words(facts.for_later) + unmarked;
    }
    const std::string since =
        was_loaded ? "; it was loaded before, and may have been used since" : "";
    return "RESTORED WITH ERRORS: " + place + " is not what the backup holds: " + errors.front() +
           since + unmarked;
}

std::string head_of_report(const RestoreFacts& facts, const std::string& verdict) {
    std::string text = "# Emergency restore: " + facts.set + " into " + facts.outlook.facts.place +
                       "\n\n**" + verdict + "**\n\n";
    text += "- Backup: " + backup_line(facts.backup) + "\n";
    text += "- Proof before: " + proof_of(facts.drill) + "\n";
    text += "- Lost: " + data_loss(facts.backup, facts.now) + "\n";
    return text + "- Found: " + facts.outlook.decision.sentence + "\n";
}

}  // namespace

std::vector<std::string> RestoreFacts::next_steps() const {
    SwapFacts swap;
    swap.old_name = outlook.old_name;
    swap.new_name = outlook.facts.name;
    swap.place = outlook.facts.place;
    swap.is_same_server = outlook.is_same_server;
    swap.is_project = TargetDecision::is_of_project(outlook.decision.step);
    swap.not_held = outlook.not_held;
    swap.undumped_queues = outlook.undumped_queues;
    swap.webhooks = outlook.webhooks;
    const auto& found = outlook.facts.database;
    if (found && found->project) {
        swap.queue_kinds = outlook.facts.needs.queues;
        swap.queues = queues_of(found->project->gone, swap.queue_kinds);
        swap.partitioned_queues = partitioned_queues_of(found->project->gone, swap.queue_kinds);
    }
    if (runbook) swap.maintenance = runbook->maintenance;
    swap.backup = backup.id;
    swap.for_later = for_later;
    swap.made_roles = made_roles;
    swap.is_marked = not_marked.empty();
    return swap_steps(swap);
}

std::string planned_text(const RestoreFacts& facts) {
    const TargetDecision& decision = facts.outlook.decision;
    const std::string& place = facts.outlook.facts.place;
    std::string text = "restore of " + facts.set + " into " + place + "\n";
    text += "  backup   " + backup_line(facts.backup) + "\n";
    text += "  proof    " + proof_of(facts.drill) + "\n";
    text += "  lost     " + data_loss(facts.backup, facts.now) + "\n";
    text += "  does     " + intention(decision, place) + "\n";
    if (is_refused(facts)) {
        return text + "Nothing was done, and nothing would be.\nhint: " + decision.hint + "\n";
    }
    text += "  never    the old database is not touched, nor any other than " + place + "\n";
    return text + "Nothing was done yet. To do it, add\n\n    --confirm " + place + "\n";
}

std::string restored_text(const RestoreFacts& facts, const DrillReport& report) {
    std::string text = verdict_of_restore(facts, report) + "\n";
    text += "  backup   " + backup_line(facts.backup) + "\n";
    text += "  lost     " + data_loss(facts.backup, facts.now) + "\n";
    text += "  found    " + facts.outlook.decision.sentence + "\n";
    text += verified_text(report) + pages_text(facts.pages, "  page     ");
    if (!facts.kept_in.empty()) text += "  report   " + facts.kept_in + "\n";
    if (!report.verification.errors.empty()) {
        return text + "It stays as it is. Another backup may be whole (`backupwatch list " +
               facts.set + "`); if this one has to do, what follows holds all the same.\n" +
               "Next, by hand:\n" + numbered(facts.next_steps(), "  ");
    }
    return text + "Next, by hand:\n" + numbered(facts.next_steps(), "  ");
}

std::string restored_markdown(const RestoreFacts& facts, const DrillReport& report) {
    std::string text = head_of_report(facts, verdict_of_restore(facts, report));
    text += "- Begun: " + to_rfc3339(report.started_at) + "\n";
    text += verified_markdown(report);
    if (!facts.pages.empty()) {
        text += "\n## The application, as it answers now\n\n" + pages_text(facts.pages, "- ");
    }
    return text + "\n## Next, by hand\n\n" + numbered(facts.next_steps(), "");
}

std::string unfinished_markdown(const RestoreFacts& facts, const Failure& failure) {
    const std::string verdict = "NOT FINISHED: " + clean_line(failure.what());
    return head_of_report(facts, verdict) + "- Asked for: " + to_rfc3339(facts.now) + "\n\n" +
           clean_line(failure.hint()) + "\n";
}

std::string provider_text(const std::string& set, const std::vector<std::string>& steps) {
    return "the backups of " + set +
           " are the provider's, which restores them in place; backupwatch never does. By hand:\n" +
           numbered(steps, "  ");
}

}  // namespace backupwatch
