#include "drill/report.hpp"

#include "json/text.hpp"

#include <boost/json/array.hpp>

namespace backupwatch {
namespace {

namespace json = boost::json;

json::object backup_json(const Backup& backup) {
    json::object object{
        {"id", backup.id}, {"finished_at", nullptr}, {"size_bytes", nullptr}, {"label", nullptr}};
    if (backup.finished_at) object["finished_at"] = to_rfc3339(*backup.finished_at);
    if (backup.size_bytes) object["size_bytes"] = *backup.size_bytes;
    if (!backup.label.empty()) object["label"] = backup.label;
    return object;
}

json::object table_json(const VerifiedTable& table) {
    return {
        {"name", table.name},
        {"expected_rows", table.expected_rows},
        {"rows", table.rows},
        {"expected_hash", table.expected_hash},
        {"hash", table.hash},
        {"ok", table.ok},
    };
}

}  // namespace

double DrillReport::restore_seconds() const {
    double sum = 0;
    for (const Phase& phase : phases) {
        if (phase.name != "verify") sum += phase.seconds;
    }
    return sum;
}

std::uint64_t DrillReport::verified_rows() const {
    std::uint64_t rows = 0;
    for (const VerifiedTable& table : verification.tables) {
        if (table.ok && table.compared) rows += table.rows;
    }
    return rows;
}

std::string_view to_string(DrillOutcome::Result result) {
    switch (result) {
        case DrillOutcome::Result::passed:
            return "passed";
        case DrillOutcome::Result::failed:
            return "failed";
        case DrillOutcome::Result::unknown:
            return "unknown";
    }
    return "unknown";
}

json::object to_json(const DrillReport& report) {
    json::array phases;
    for (const auto& phase : report.phases) {
        phases.push_back(json::object{
            {"name", phase.name}, {"seconds", to_milliseconds(phase.seconds)}});
    }
    json::array tables;
    for (const auto& table : report.verification.tables) tables.push_back(table_json(table));
    json::array checks;
    for (const auto& check : report.verification.checks) {
        checks.push_back(json::object{
            {"name", check.name}, {"ok", check.ok}, {"detail", check.detail}});
    }
    json::array skipped;
    for (const auto& part : report.verification.skipped) {
        json::object told{{"what", part.what}, {"why", part.why}};
        if (part.of_platform) told["platform"] = true;
        skipped.push_back(std::move(told));
    }
    json::array errors;
    for (const auto& error : report.verification.errors) errors.push_back(json::string(error));
    return {
        {"database", report.database},
        {"set", report.set},
        {"backup", backup_json(report.backup)},
        {"result", to_string(report.result)},
        {"started_at", to_rfc3339(report.started_at)},
        {"seconds", to_milliseconds(report.seconds)},
        {"phases", std::move(phases)},
        {"restore_seconds", to_milliseconds(report.restore_seconds())},
        {"target_seconds", to_milliseconds(report.target_seconds)},
        {"tables", std::move(tables)},
        {"checks", std::move(checks)},
        {"skipped", std::move(skipped)},
        {"errors", std::move(errors)},
    };
}

DrillOutcome outcome_of(const DrillReport& report, Instant finished_at) {
    DrillOutcome outcome;
    outcome.backup_id = report.backup.id;
    outcome.backup_at = instant_of(report.backup);
    outcome.result = report.result;
    outcome.finished_at = finished_at;
    outcome.seconds = report.restore_seconds();
    if (!report.verification.errors.empty()) outcome.error = report.verification.errors.front();
    return outcome;
}

}  // namespace backupwatch
