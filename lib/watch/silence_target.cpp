#include "watch/silence_target.hpp"

#include "config/error.hpp"
#include "core/check/set_checks.hpp"
#include "core/failure.hpp"
#include "core/words.hpp"
#include "watch/world_memory.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace backupwatch {
namespace {

constexpr std::size_t most_named = 20;

using Names = std::set<std::string, std::less<>>;

/// What can be silenced: the checks of each set of one database. Those of its disk, and of
/// ourselves, are of the set without a name.
using Checks = std::map<std::string, Names>;

Checks checks_of(const World& world, const std::string& database) {
    Checks checks;
    if (database == our_name) {
        checks[""] = {"clock", "disk", "state"};
        for (const auto& notifier : world.alerting.notifiers) checks[notifier.name] = {"delivery"};
        for (const std::string& cause : world.shared_causes()) checks[cause] = {shared_cause_check};
    }
    for (const WatchedDatabase& watched : world.databases) {
        if (watched.name != database) continue;
        if (watched.disk) checks[""] = {"disk"};
        for (const auto& set : watched.sets) {
            for (const auto check : checks_of(policy_of(set->settings))) {
                checks[set->settings.name].emplace(check);
            }
        }
    }
    return checks;
}

[[noreturn]] void refuse(const std::string& sentence, const std::string& name, const Names& known) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    const std::string meant(nearest(name, names));
    std::string hint = "there is none.";
    if (!meant.empty()) {
        hint = "did you mean \"" + meant + "\"?";
    } else if (!known.empty()) {
        hint = "there is " + listed({known.begin(), known.end()}, most_named) + ".";
    }
    throw Failure(Failure::Kind::usage, sentence, hint);
}

Silence in_parts(const std::string& target) {
    Silence silence;
    std::string* const parts[] = {&silence.database, &silence.set, &silence.check};
    std::size_t begin = 0;
    for (std::string* part : parts) {
        const auto end = std::min(target.find('/', begin), target.size());
        *part = target.substr(begin, end - begin);
        begin = end + 1;
        // An empty last part would silence all that is before it: a variable that is not set.
        const bool is_last = begin > target.size();
        if (is_last && !part->empty()) return silence;
        if (is_last) break;
    }
    throw Failure(
        Failure::Kind::usage,
        "\"" + target + "\" is no target",
        "write DATABASE, DATABASE/SET or DATABASE/SET/CHECK."
    );
}

}  // namespace

Silence silence_of(const World& world, const std::string& target) {
    Silence silence = in_parts(target);
    Names databases{our_name};
    for (const WatchedDatabase& database : world.databases) databases.insert(database.name);
    if (!databases.contains(silence.database)) {
        const std::string sentence =
            "nothing is watched under the name \"" + silence.database + "\"";
        refuse(sentence, silence.database, databases);
    }
    const Checks all = checks_of(world, silence.database);
    Names sets;
    Names checks;
    for (const auto& [set, its_checks] : all) {
        if (!set.empty()) sets.insert(set);
        if (silence.set.empty() || silence.set == set) {
            checks.insert(its_checks.begin(), its_checks.end());
        }
    }
    if (!silence.set.empty() && !all.contains(silence.set)) {
        refuse(silence.database + " has no set \"" + silence.set + "\"", silence.set, sets);
    }
    if (!silence.check.empty() && !checks.contains(silence.check)) {
        const std::string where = silence.database + (silence.set.empty() ? "" : "/" + silence.set);
        refuse("\"" + silence.check + "\" is no check of " + where, silence.check, checks);
    }
    return silence;
}

}  // namespace backupwatch
