#include "commands/documents.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace backupwatch {
namespace {

namespace json = boost::json;

/// As wide as the longest, so that the sentences stand below each other.
std::string padded(std::string_view text, std::size_t width) {
    std::string result(text);
    result.resize(std::max(width, result.size()), ' ');
    return result;
}

std::string place_of(const Finding& finding) {
    std::string place = finding.database;
    if (!finding.set.empty()) place += "/" + finding.set;
    return place + " " + finding.check;
}

}  // namespace

json::value or_null(const std::optional<Instant>& instant) {
    return instant ? json::value(to_rfc3339(*instant)) : json::value(nullptr);
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object finding_json(const Finding& finding) {
    return {
        {"database", finding.database},
        {"set", finding.set},
        {"check", finding.check},
        {"severity", to_string(finding.severity)},
        {"summary", finding.summary},
        {"value", text_or_null(finding.value)},
        {"threshold", text_or_null(finding.threshold)},
        {"since", or_null(finding.since)},
        {"failures", finding.failures},
    };
}

json::object findings_json(const std::vector<Finding>& findings) {
    json::array list;
    for (const Finding& finding : findings) list.push_back(finding_json(finding));
    return {{"findings", std::move(list)}};
}

json::object backup_json(const Backup& backup) {
    json::object object{
        {"id", backup.id},
        {"status", to_string(backup.status)},
        {"started_at", to_rfc3339(backup.started_at)},
        {"finished_at", or_null(backup.finished_at)},
        {"size_bytes", nullptr},
        {"unchanged_since", or_null(backup.unchanged_since)},
        {"label", text_or_null(backup.label)},
        {"keep_until", or_null(backup.keep_until)},
        {"error", text_or_null(backup.error)},
    };
    if (backup.size_bytes) object["size_bytes"] = *backup.size_bytes;
    return object;
}

json::object mark_json(const NotedMark& mark) {
    const bool is_override = mark.kind == NotedMark::Kind::gate_overridden;
    return {
        {"at", to_rfc3339(mark.at)},
        {"kind", is_override ? "gate_overridden" : "noted"},
        {"text", mark.text},
    };
}

std::string findings_text(std::vector<Finding> findings) {
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return a.severity > b.severity;
    });
    std::size_t widest = 0;
    for (const Finding& finding : findings) widest = std::max(widest, place_of(finding).size());
    std::string text;
    for (const Finding& finding : findings) {
        text += padded(to_string(finding.severity), 9) + padded(place_of(finding), widest + 2) +
                finding.summary + "\n";
    }
    return text;
}

Severity worst_of(const std::vector<Finding>& findings) {
    Severity worst = Severity::ok;
    for (const Finding& finding : findings) worst = std::max(worst, finding.severity);
    return worst;
}

}  // namespace backupwatch
