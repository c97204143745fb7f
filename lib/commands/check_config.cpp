#include "commands/check_config.hpp"

#include "commands/alert_advice.hpp"
#include "commands/next_slots.hpp"
#include "core/time/slots.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace backupwatch {
namespace {

constexpr int bad_configuration = 78;

ConfigReport::Plan plan(
    const DatabaseSettings& database,
    const BackupSetSettings& set,
    std::string kind,
    const Schedule& schedule,
    Duration offset,
    Instant now
) {
    ConfigReport::Plan result{database.name, set.name, std::move(kind), schedule.text(), {}};
    Instant beginning = now;
    for (int i = 0; i < 3; ++i) {
        beginning = next_beginning(schedule, offset, beginning);
        result.next.push_back(beginning);
    }
    return result;
}

void add_plans(
    const DatabaseSettings& database,
    const BackupSetSettings& set,
    Duration offset,
    Instant now,
    std::vector<ConfigReport::Plan>& plans
) {
    if (set.take) plans.push_back(plan(database, set, "take", *set.take, offset, now));
    if (set.check) plans.push_back(plan(database, set, "check", *set.check, offset, now));
    if (!set.drill) return;
    if (const auto& schedule = set.drill->when.schedule) {
        plans.push_back(plan(database, set, "drill", *schedule, offset, now));
    } else {
        plans.push_back({database.name, set.name, "drill", "after_backup", {}});
    }
}

std::vector<std::string> advice_on(const DatabaseSettings& database) {
    std::vector<std::string> advice;
    const auto& sets = database.backups;
    const auto is_drilled = [](const BackupSetSettings& set) { return set.drill.has_value(); };
    if (sets.empty()) {
        advice.push_back(database.name + ": no backups: nothing looks for any");
    } else if (std::none_of(sets.begin(), sets.end(), is_drilled)) {
        advice.push_back(database.name + ": no drill: nothing proves that a backup restores");
    }
    if (!database.disk) advice.push_back(database.name + ": no disk: nobody sees it fill up");
    return advice;
}

std::vector<std::string> advice_on(const Settings& settings) {
    std::vector<std::string> advice = advice_on_who_is_told(settings.alerts);
    if (!settings.heartbeat) {
        advice.push_back("no heartbeat: nobody notices when backupwatch itself is gone");
    }
    if (!settings.alerts.notifiers.empty() && !settings.alerts.digest) {
        advice.push_back("no digest: silence is not told from health");
    }
    if (!settings.listen.is_loopback()) {
        advice.push_back(
            "http.listen: " + settings.listen.host +
            " is reached from the network, and nobody is asked who they are"
        );
    }
    for (const DatabaseSettings& database : settings.databases) {
        const auto more = advice_on(database);
        advice.insert(advice.end(), more.begin(), more.end());
    }
    return advice;
}

std::string count_of(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// Columns as wide as their widest cell, two spaces apart.
std::string table(const std::vector<std::array<std::string, 4>>& rows) {
    std::array<std::size_t, 4> widths{};
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

std::string in_text(
    const std::filesystem::path& file, const Settings& settings, const ConfigReport& report
) {
    std::size_t sets = 0;
    for (const DatabaseSettings& database : settings.databases) sets += database.backups.size();
    std::vector<std::array<std::string, 4>> rows;
    for (const ConfigReport::Plan& plan : report.plans) {
        std::string next;
        for (const Instant slot : plan.next) next += (next.empty() ? "" : "  ") + to_rfc3339(slot);
        const std::string target = plan.database + (plan.set.empty() ? "" : "/" + plan.set);
        rows.push_back({target, plan.kind, plan.schedule, next});
    }
    std::string text = file.string() + ": valid, " +
                       count_of(settings.databases.size(), "database") + ", " +
                       count_of(sets, "backup set") + "\n";
    if (!rows.empty()) text += "\n" + table(rows);
    if (!report.advice.empty()) text += "\nadvice:\n";
    for (const std::string& sentence : report.advice) text += "  " + sentence + "\n";
    return text;
}

boost::json::object in_json(const ConfigReport& report, const ConfigErrors& errors) {
    boost::json::array schedules;
    for (const ConfigReport::Plan& plan : report.plans) {
        boost::json::array next;
        for (const Instant slot : plan.next) next.emplace_back(to_rfc3339(slot));
        schedules.push_back(
            {{"database", plan.database},
             {"set", plan.set},
             {"kind", plan.kind},
             {"schedule", plan.schedule},
             {"next", std::move(next)}}
        );
    }
    boost::json::array wrong;
    for (const ConfigError& error : errors) {
        wrong.push_back(
            {{"file", *error.mark.file},
             {"line", error.mark.line},
             {"column", error.mark.column},
             {"message", error.message}}
        );
    }
    return {
        {"valid", errors.empty()},
        {"schedules", std::move(schedules)},
        {"advice", boost::json::array(report.advice.begin(), report.advice.end())},
        {"errors", std::move(wrong)}};
}

}  // namespace

ConfigReport report_config(const Settings& settings, Instant now) {
    ConfigReport report;
    for (const DatabaseSettings& database : settings.databases) {
        const Duration offset = spread_offset(database.name, settings.spread);
        for (const BackupSetSettings& set : database.backups) {
            add_plans(database, set, offset, now, report.plans);
        }
    }
    if (const auto& digest = settings.alerts.digest) {
        DatabaseSettings ourselves;
        ourselves.name = "backupwatch";
        report.plans.push_back(plan(ourselves, {}, "digest", *digest, Duration(0), now));
    }
    report.advice = advice_on(settings);
    return report;
}

CheckConfigReply check_config(const std::filesystem::path& file, Instant now) {
    auto loaded = load_settings(file);
    CheckConfigReply reply;
    if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
        reply.exit_code = bad_configuration;
        for (const ConfigError& error : *errors) reply.errors += to_string(error) + "\n";
        reply.json = in_json({}, *errors);
        return reply;
    }
    auto& settings = std::get<Settings>(loaded);
    const ConfigReport report = report_config(settings, now);
    reply.output = in_text(file, settings, report);
    reply.json = in_json(report, {});
    reply.settings = std::move(settings);
    return reply;
}

}  // namespace backupwatch
