#include "core/check/set_checks.hpp"
#include "core/words.hpp"

namespace backupwatch {
namespace {

constexpr std::size_t most_told = 5;

/// Some of very many: a message is read on a small screen.
std::string told(const std::vector<ShapeLoss>& losses, std::size_t all) {
    std::string text;
    std::size_t count = 0;
    for (const ShapeLoss& loss : losses) {
        for (const TableLoss& table : loss.tables) {
            if (count++ < most_told) text += (text.empty() ? "" : "; ") + table.sentence;
        }
    }
    if (all > most_told) text += "; and " + counted(all - most_told, "table") + " more";
    return text;
}

std::optional<Finding> compared(const SetObservation& observed) {
    Finding finding;
    finding.check = "shape";
    finding.threshold = "every table, half of its rows, the same columns";
    if (!observed.shape_error.empty()) {
        finding.severity = Severity::unknown;
        finding.failures = 1;
        finding.summary = "what the last backup holds cannot be compared: " + observed.shape_error;
        return finding;
    }
    if (!observed.shape) return std::nullopt;
    const ShapeJudgement& shape = *observed.shape;
    std::vector<std::string> held;
    std::size_t changed = 0;
    for (const ShapeLoss& loss : shape.losses) {
        held.push_back(loss.reference);
        changed += loss.tables.size();
    }
    if (held.empty()) {
        finding.value = counted(shape.tables, "table");
        finding.summary = "the last backup holds " + finding.value;
        finding.summary += shape.is_first ? "; there is none before it to hold it against"
                                          : ", all that the one before it held";
        return finding;
    }
    finding.severity = Severity::warning;
    finding.failures = 1;
    finding.value = counted(changed, "table") + " changed";
    const bool is_one = held.size() == 1;
    finding.summary =
        told(shape.losses, changed) + ". " + listed(held) +
        (is_one ? ", the last backup that had it, " : ", the last backups that had it, ");
    if (shape.lost_shapes.empty()) {
        finding.summary += std::string(is_one ? "is" : "are") + " held until somebody accepts it";
    } else {
        finding.summary += "may be gone: others fill this set. Told until somebody accepts it";
    }
    return finding;
}

}  // namespace

std::optional<Finding> check_shape(const SetObservation& observed, Instant now) {
    if (!observed.inventory) return std::nullopt;
    std::optional<Finding> finding = compared(observed);
    const Backup* newest = newest_completed(*observed.inventory, now);
    if (newest == nullptr || newest->lacks.empty()) return finding;
    if (!finding) {
        finding.emplace();
        finding->check = "shape";
    }
    add_remarks(*finding, {{Severity::warning, newest->lacks}});
    return finding;
}

}  // namespace backupwatch
