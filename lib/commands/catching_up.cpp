#include "commands/catching_up.hpp"

#include "async/as_failure.hpp"
#include "core/failure.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration wait_without_daemon = std::chrono::hours(1);

}  // namespace

Task<> catch_up(World& world, WatchedSet& set, const Request& request, ProgressSink progress) {
    const std::string asked = text_option(request, "wait");
    Duration limit = world.ends_with_command ? wait_without_daemon : Duration::zero();
    if (!asked.empty()) limit = period_of(asked);
    if (limit == Duration::zero()) co_return;
    try {
        auto waiting = as_failure(set.source->catch_up(limit, std::move(progress)));
        co_await std::move(waiting);
    } catch (const Failure&) {
        // The look that follows meets it too, and tells it.
    }
}

std::string advice_on_unread(const World& world, const WatchedSet& set) {
    if (!world.ends_with_command || !set.inventory) return {};
    const bool is_any = std::ranges::any_of(set.inventory->backups, &Backup::is_unread);
    if (!is_any) return {};
    return target_of(set) +
           ": not all is read, and reading ends with this command: --wait 6h waits longer, and "
           "`backupwatch run` goes on by itself\n";
}

}  // namespace backupwatch
