#include "commands/documents.hpp"
#include "commands/verbs.hpp"
#include "core/words.hpp"

#include <boost/json/array.hpp>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr std::size_t most_named = 20;

json::object standing_json(const Standing& standing) {
    return {
        {"notifier", standing.lane.notifier},
        {"recipient",
         standing.lane.recipient.empty() ? json::value(nullptr)
                                         : json::value(standing.lane.recipient)},
        {"told", standing.told ? json::value(to_string(*standing.told)) : json::value(nullptr)},
        {"delivery",
         standing.arrival ? json::value(to_string(*standing.arrival)) : json::value(nullptr)},
        {"queued_at", or_null(standing.queued_at)},
        {"told_at", or_null(standing.reached_at)},
        {"held_back",
         standing.held_back.empty() ? json::value(nullptr) : json::value(standing.held_back)},
        {"next", standing.next},
        {"next_at", or_null(standing.next_at)},
    };
}

std::vector<Standing> standings_in(World& world, const Incident& incident) {
    if (!world.alerting.has_policy()) return {};
    const Instant now = world.clock.now();
    const auto& silences = world.alerting.silences;
    const Situation situation = world.situation(incident.key.database, incident.key.set);
    const auto leader = led_by(incident.finding, situation, silences, now);
    return standings(
        incident, world.alerting.policy(), silences, now, leader, situation.clock_doubted_before
    );
}

/// Nothing where that is over.
std::optional<Instant> acknowledged_until(const World& world, const Incident& incident) {
    return is_acknowledged(incident, world.clock.now()) ? incident.acknowledged_until
                                                        : std::nullopt;
}

/// The databases that one cause makes fail; of any other incident none.
std::vector<std::string> members_of(const World& world, const Incident& incident) {
    return world.blaming_databases(incident.key.set);
}

json::object incident_json(World& world, const Incident& incident) {
    json::array notifiers;
    for (const Standing& standing : standings_in(world, incident)) {
        notifiers.push_back(standing_json(standing));
    }
    const std::vector<std::string> members = members_of(world, incident);
    return {
        {"id", incident.id},
        {"database", incident.key.database},
        {"set", incident.key.set},
        {"check", incident.key.check},
        {"severity", to_string(incident.finding.severity)},
        {"worst", to_string(incident.worst)},
        {"summary", incident.finding.summary},
        {"since", to_rfc3339(incident.opened_at)},
        {"failures", incident.finding.failures},
        {"members", json::array(members.begin(), members.end())},
        {"acknowledged_until", or_null(acknowledged_until(world, incident))},
        {"notifiers", std::move(notifiers)},
    };
}

std::string delivery_text(const Standing& standing) {
    if (!standing.told) return "not told";
    const std::string severity(to_string(*standing.told));
    const std::string when = in_words(*standing.queued_at);
    switch (standing.arrival.value_or(Arrival::queued)) {
        case Arrival::told:
            return "told " + severity + " at " + in_words(*standing.reached_at);
        case Arrival::unclear:
            return "may have been told " + severity + " at " + in_words(*standing.reached_at) +
                   ": it never answered";
        case Arrival::refused:
            return "refused to be told " + severity + ", queued at " + when;
        case Arrival::queued:
            break;
    }
    const std::string before =
        standing.reached_at ? ", told before at " + in_words(*standing.reached_at) : "";
    return severity + " queued at " + when + ", not delivered yet" + before;
}

std::string standing_text(const Standing& standing) {
    std::string text = "    " + name_of(standing.lane) + ": " + delivery_text(standing);
    if (!standing.held_back.empty()) text += "; " + standing.held_back;
    text += "; next: " + standing.next;
    if (standing.next_at) text += " at " + in_words(*standing.next_at);
    return text + "\n";
}

std::string incident_text(World& world, const Incident& incident) {
    std::string text = std::to_string(incident.id) + "  " +
                       std::string(to_string(incident.finding.severity)) + "  " +
                       target_of(incident.key) + "  " + incident.key.check + ": " +
                       incident.finding.summary + "\n    since " + in_words(incident.opened_at);
    // What is no work of a slot has none to count.
    if (incident.finding.failures > 0) {
        text += ", " + counted(static_cast<std::size_t>(incident.finding.failures), "failure") +
                " in a row";
    }
    if (const auto until = acknowledged_until(world, incident)) {
        text += ", acknowledged until " + in_words(*until);
    }
    text += "\n";
    const std::vector<std::string> members = members_of(world, incident);
    if (!members.empty()) text += "    databases: " + listed(members, most_named) + "\n";
    for (const Standing& standing : standings_in(world, incident)) text += standing_text(standing);
    return text;
}

}  // namespace

json::object incidents_json(World& world) {
    json::array incidents;
    for (const auto& [id, incident] : world.alerting.open()) {
        incidents.push_back(incident_json(world, incident));
    }
    const std::string unread = world.unread_incidents();
    return {
        {"incidents", std::move(incidents)},
        {"state_error", unread.empty() ? json::value(nullptr) : json::value(unread)},
    };
}

Task<Reply> incidents_command(World& world, Request, ProgressSink) {
    Reply reply;
    Severity worst = Severity::ok;
    for (const auto& [id, incident] : world.alerting.open()) {
        worst = std::max(worst, incident.finding.severity);
        reply.text += incident_text(world, incident);
    }
    const std::string unread = world.unread_incidents();
    if (!unread.empty()) {
        worst = std::max(worst, Severity::unknown);
        reply.text += "what else is open cannot be told: " + unread + "\n";
    }
    if (reply.text.empty()) reply.text = "no incident is open\n";
    reply.exit_code = exit_code(worst);
    reply.document = incidents_json(world);
    co_return reply;
}

}  // namespace backupwatch
