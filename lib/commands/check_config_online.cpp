#include "commands/check_config_online.hpp"

#include "async/clock.hpp"
#include "commands/gather_online.hpp"
#include "commands/notifier_trials.hpp"
#include "commands/target_trials.hpp"
#include "net/network.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

std::string place_of(const Trial& trial) {
    if (!trial.notifier.empty()) return "notifier " + trial.notifier;
    if (!trial.target.empty()) return "restore target " + trial.target;
    if (trial.database.empty()) return "this host";
    return trial.database + (trial.set.empty() ? "" : "/" + trial.set);
}

std::string column(std::string_view text, std::size_t width) {
    std::string result(text);
    result.resize(std::max(width, result.size()), ' ');
    return result + "  ";
}

}  // namespace

std::string trials_text(const std::vector<Trial>& trials) {
    constexpr std::size_t verdict_width = 7;
    std::size_t place_width = 0;
    std::size_t what_width = 0;
    for (const Trial& trial : trials) {
        place_width = std::max(place_width, place_of(trial).size());
        what_width = std::max(what_width, trial.what.size());
    }
    std::string text;
    for (const Trial& trial : trials) {
        const std::string head = column(to_string(trial.verdict), verdict_width) +
                                 column(place_of(trial), place_width) +
                                 column(trial.what, what_width);
        text += "  " + head + trial.sentence + "\n";
        if (trial.hint.empty()) continue;
        text += "  " + std::string(head.size(), ' ') + "hint: " + trial.hint + "\n";
    }
    return text;
}

boost::json::array trials_json(const std::vector<Trial>& trials) {
    boost::json::array list;
    for (const Trial& trial : trials) {
        list.push_back(
            {{"database", trial.database},
             {"set", trial.set},
             {"notifier", trial.notifier},
             {"restore_target", trial.target},
             {"what", trial.what},
             {"verdict", to_string(trial.verdict)},
             {"sentence", trial.sentence},
             {"hint", trial.hint}}
        );
    }
    return list;
}

Task<Reply> check_config_online(
    const Settings& settings, Clock& clock, Pool& pool, Network& network
) {
    OnlineFacts facts = co_await gather_online(settings, clock, pool, network);
    facts.targets = co_await gather_targets(settings, clock);
    facts.notifiers = co_await gather_notifiers(settings.alerts, network);
    facts.now = clock.now();
    const std::vector<Trial> trials = judge_online(facts);
    Reply reply;
    reply.exit_code = exit_code(trials);
    reply.text = "\ntried from here:\n" + trials_text(trials);
    reply.document = trials_json(trials);
    co_return reply;
}

}  // namespace backupwatch
