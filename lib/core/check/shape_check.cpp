#include "core/check/set_checks.hpp"
#include "core/words.hpp"

namespace backupwatch {
namespace {

constexpr std::size_t most_told = 5;

/// Some of very many: a message is read on a small screen.
std::string told(const std::vector<std::string>& losses) {
    std::string text;
    for (std::size_t i = 0; i < losses.size() && i < most_told; ++i) {
        text += (i == 0 ? "" : "; ") + losses[i];
    }
    if (losses.size() > most_told) {
        text += "; and " + counted(losses.size() - most_told, "table") + " more";
    }
    return text;
}

}  // namespace

std::optional<Finding> check_shape(const SetObservation& observed) {
    if (!observed.inventory) return std::nullopt;
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
    if (shape.losses.empty()) {
        finding.value = counted(shape.tables, "table");
        finding.summary = "the last backup holds what those before it held: " + finding.value;
        return finding;
    }
    finding.severity = Severity::warning;
    finding.failures = 1;
    finding.value = counted(shape.losses.size(), "table") + " changed";
    finding.summary = told(shape.losses) + ". " + shape.reference +
                      ", the last backup before that, is held until somebody accepts it";
    return finding;
}

}  // namespace backupwatch
