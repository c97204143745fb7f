#pragma once
#include <boost/json/array.hpp>

#include <string>

namespace backupwatch {

class World;

/// What `status` shows of alerts: what is open, and what has not reached anybody yet.

boost::json::array open_incidents_json(const World& world);
/// Empty where nobody carries the outbox: a command without a daemon.
boost::json::array notifiers_json(const World& world);
/// Both for people, with what works left out; empty: there is nothing to show.
std::string alerts_text(const World& world);

}  // namespace backupwatch
