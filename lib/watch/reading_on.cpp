#include "async/as_failure.hpp"
#include "watch/work.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

/// So long is read between two looks.
constexpr Duration slice = std::chrono::minutes(1);

auto unread_of(const WatchedSet& set) {
    return std::ranges::count_if(set.inventory->backups, &Backup::is_unread);
}

/// While it lives, somebody reads on.
class ReadingOn {
  public:
    explicit ReadingOn(WatchedSet& set) : memory_(set.memory) { memory_->reads_on = true; }
    ~ReadingOn() { memory_->reads_on = false; }
    ReadingOn(const ReadingOn&) = delete;
    ReadingOn& operator=(const ReadingOn&) = delete;

  private:
    std::shared_ptr<SetMemory> memory_;
};

}  // namespace

bool may_read_on(const WatchedSet& set) {
    return set.inventory && !set.memory->reads_on && unread_of(set) > 0;
}

Task<> read_on(World& world, WatchedSet& set) {
    if (!may_read_on(set)) co_return;
    const ReadingOn reading(set);
    Progress before;
    for (bool goes_on = true; goes_on;) {
        const auto unread = unread_of(set);
        Progress reached = before;
        ProgressSink note = [&reached](const Progress& progress) { reached = progress; };
        auto waiting = as_failure(set.source->catch_up(slice, std::move(note)));
        co_await std::move(waiting);
        // The settings that it began under hold no more. The next look under the new ones goes on.
        if (world.is_replaced()) co_return;
        co_await look(world, set);
        const auto left = unread_of(set);
        // Of one that takes longer than that the bytes tell.
        goes_on = left > 0 && (left < unread || reached.bytes_done != before.bytes_done);
        before = reached;
    }
}

}  // namespace backupwatch
