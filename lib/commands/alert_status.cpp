#include "commands/alert_status.hpp"

#include "commands/documents.hpp"
#include "core/quoted_line.hpp"
#include "core/words.hpp"
#include "watch/world.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace backupwatch {
namespace {

namespace json = boost::json;

bool is_acknowledged(const World& world, const Incident& incident) {
    return is_acknowledged(incident, world.clock.now());
}

bool is_silenced(const World& world, const Incident& incident) {
    const Instant now = world.clock.now();
    return std::ranges::any_of(world.alerting.silences, [&](const Silence& silence) {
        return covers(silence, incident.key, now);
    });
}

std::string incident_line(const World& world, const Incident& incident) {
    std::string line = "  " + std::to_string(incident.id) + "  " +
                       std::string(to_string(incident.finding.severity)) + "  " +
                       target_of(incident.key) + "  " + incident.key.check;
    if (is_acknowledged(world, incident)) line += ", acknowledged";
    if (is_silenced(world, incident)) line += ", silenced";
    return line + "\n";
}

std::string notifier_line(const NotifierHealth& health) {
    std::string line =
        "  " + health.name + ": " + counted(health.pending, "notice") + " not delivered yet";
    if (health.oldest) line += ", the oldest of " + in_words(*health.oldest);
    if (!health.error.empty()) line += ": " + quoted_line(health.error);
    return line + "\n";
}

}  // namespace

json::array open_incidents_json(const World& world) {
    json::array incidents;
    for (const auto& [id, incident] : world.alerting.open()) {
        incidents.push_back(json::object{
            {"id", id},
            {"key", stable_name(incident.key)},
            {"severity", to_string(incident.finding.severity)},
            {"acknowledged", is_acknowledged(world, incident)},
            {"silenced", is_silenced(world, incident)},
        });
    }
    return incidents;
}

json::array notifiers_json(const World& world) {
    json::array notifiers;
    for (const NotifierHealth& health : world.alerting.health()) {
        notifiers.push_back(json::object{
            {"name", health.name},
            {"pending", health.pending},
            {"oldest", or_null(health.oldest)},
            {"certificate_expires_at",
             health.certificate ? or_null(health.certificate->valid_until) : json::value(nullptr)},
            {"error", health.error.empty() ? json::value(nullptr) : json::value(health.error)},
        });
    }
    return notifiers;
}

std::string alerts_text(const World& world) {
    std::string incidents;
    for (const auto& [id, incident] : world.alerting.open()) {
        incidents += incident_line(world, incident);
    }
    std::string notifiers;
    for (const NotifierHealth& health : world.alerting.health()) {
        if (health.pending > 0 || !health.error.empty()) notifiers += notifier_line(health);
    }
    std::string text;
    if (!incidents.empty()) text += "\nopen incidents\n" + incidents;
    if (!notifiers.empty()) text += "\nnotifiers\n" + notifiers;
    return text;
}

}  // namespace backupwatch
