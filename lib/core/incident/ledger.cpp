#include "core/incident/incident.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::array<std::pair<Arrival, std::string_view>, 4> arrival_names{{
    {Arrival::queued, "queued"},
    {Arrival::told, "told"},
    {Arrival::unclear, "unclear"},
    {Arrival::refused, "refused"},
}};

LedgerEntry* entry_of(std::vector<LedgerEntry>& told, const Lane& lane) {
    const auto alike = [&](const LedgerEntry& entry) { return likeness(entry.lane, lane); };
    const auto best = std::ranges::max_element(told, {}, alike);
    return best == told.end() || alike(*best) == Likeness::none ? nullptr : &*best;
}

}  // namespace

std::string_view to_string(Arrival arrival) {
    return arrival_names[static_cast<std::size_t>(arrival)].second;
}

std::optional<Arrival> parse_arrival(std::string_view text) {
    for (const auto& [arrival, name] : arrival_names) {
        if (name == text) return arrival;
    }
    return std::nullopt;
}

void note(Incident& incident, const Answer& answer) {
    LedgerEntry* entry = entry_of(incident.told, answer.lane);
    if (entry == nullptr) return;
    if (answer.arrival == Arrival::queued) {
        // It was given another lane while it waits; what was opened before is closed with its key.
        const std::string route = std::move(entry->lane.route);
        entry->lane = answer.sent_to;
        entry->lane.route = route;
    } else if (answer.arrival != Arrival::refused) {
        // What was opened there is closed there, whatever was configured when it was queued.
        entry->lane = answer.sent_to;
        entry->reached_at = answer.at;
    }
    // A later one may be under way.
    if (answer.made_at >= entry->last_at) entry->arrival = answer.arrival;
}

void add(std::vector<Answer>& waiting, Answer answer) {
    std::erase_if(waiting, [&](const Answer& before) {
        return before.incident == answer.incident && before.arrival == answer.arrival &&
               before.lane == answer.lane && before.sent_to == answer.sent_to;
    });
    waiting.push_back(std::move(answer));
}

}  // namespace backupwatch
