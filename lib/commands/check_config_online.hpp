#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "commands/command.hpp"
#include "commands/online_trials.hpp"
#include "watch/settings.hpp"

#include <boost/json/array.hpp>

#include <string>
#include <vector>

namespace backupwatch {

class Clock;
class Network;

/// `check-config --online`: tries what can be tried from here, and changes nothing. The document is
/// a list of trials, the exit code that of exit_code().
Task<Reply> check_config_online(
    const Settings& settings, Clock& clock, Pool& pool, Network& network
);

/// Pure: a line each, and one for each hint.
std::string trials_text(const std::vector<Trial>& trials);
boost::json::array trials_json(const std::vector<Trial>& trials);

}  // namespace backupwatch
