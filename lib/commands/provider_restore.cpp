#include "commands/provider_restore.hpp"

#include "async/as_failure.hpp"
#include "core/backup/choice.hpp"
#include "core/failure.hpp"
#include "core/wording/restore_steps.hpp"
#include "core/words.hpp"
#include "report/restore_text.hpp"

#include <boost/json/array.hpp>

#include <utility>

namespace backupwatch {
namespace {

constexpr int only_told = 1;

/// Of what it lists, for whoever stands before its page: the one that was asked for.
std::string point_of_provider(const Inventory& inventory, const BackupChoice& choice) {
    const bool is_stretch = inventory.provider && inventory.provider->pitr;
    if (is_stretch && choice.id.empty()) {
        const PointInTime& pitr = *inventory.provider->pitr;
        std::string text = choice.before ? "the moment before " + in_words(*choice.before)
                                         : std::string("the moment before the damage");
        if (!pitr.earliest || !pitr.latest) return text;
        return text + " (it restores to any from " + in_words(*pitr.earliest) + " to " +
               in_words(*pitr.latest) + ")";
    }
    const Backup* const chosen = choose_to_open(inventory, choice);
    if (chosen != nullptr) return chosen->id + " (begun " + in_words(chosen->started_at) + ")";
    if (!choice.id.empty()) return choice.id + ", which it does not list now,";
    return "a backup from before then (it lists none)";
}

Task<std::string> ask_provider(WatchedSet& set, const Request& request) {
    const BackupChoice choice = backup_choice(request);
    try {
        auto asked = as_failure(set.source->list());
        const Inventory inventory = co_await std::move(asked);
        co_return point_of_provider(inventory, choice);
    } catch (const Failure&) {
        // Whoever is at its page sees what there is.
    }
    co_return choice.id.empty() ? std::string("the backup that you mean") : choice.id;
}

/// Of the same database, what `backup` takes; empty: nothing.
std::string taken_beside(const World& world, const WatchedSet& set) {
    for (const WatchedDatabase& database : world.databases) {
        if (database.name != set.database) continue;
        for (const auto& other : database.sets) {
            if (other->settings.take && other->source->can_take()) return target_of(*other);
        }
    }
    return {};
}

}  // namespace

Task<Reply> restore_of_provider(const World& world, WatchedSet& set, const Request& request) {
    const std::string backup = co_await ask_provider(set, request);
    const auto steps =
        provider_steps(backup, set.source->provider_page(), taken_beside(world, set));
    Reply reply;
    reply.exit_code = only_told;
    reply.text = provider_text(target_of(set), steps);
    reply.document = boost::json::object{
        {"set", target_of(set)},
        {"restored", nullptr},
        {"next", boost::json::array(steps.begin(), steps.end())}};
    co_return reply;
}

}  // namespace backupwatch
