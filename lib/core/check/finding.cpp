#include "core/check/finding.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::array<std::pair<Severity, std::string_view>, 4> names{{
    {Severity::ok, "ok"},
    {Severity::warning, "warning"},
    {Severity::unknown, "unknown"},
    {Severity::critical, "critical"},
}};

}  // namespace

std::string_view to_string(Severity severity) {
    return names[static_cast<std::size_t>(severity)].second;
}

std::optional<Severity> parse_severity(std::string_view text) {
    for (const auto& [severity, name] : names) {
        if (name == text) return severity;
    }
    return std::nullopt;
}

int exit_code(Severity severity) {
    switch (severity) {
        case Severity::ok:
            return 0;
        case Severity::warning:
            return 1;
        case Severity::critical:
            return 2;
        case Severity::unknown:
            break;
    }
    return 3;
}

void add_remarks(Finding& finding, std::vector<Remark> remarks) {
    std::ranges::stable_sort(remarks, std::ranges::greater(), &Remark::severity);
    for (const Remark& remark : remarks) {
        finding.summary += (finding.summary.empty() ? "" : "; ") + remark.sentence;
        finding.severity = std::max(finding.severity, remark.severity);
    }
    if (finding.severity != Severity::ok) finding.failures = std::max(finding.failures, 1);
}

}  // namespace backupwatch
