#include "commands/documents.hpp"
#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/size.hpp"
#include "core/words.hpp"
#include "watch/hooks.hpp"
#include "watch/work.hpp"

#include <exception>
#include <optional>

namespace backupwatch {
namespace {

TakeRequest take_request(const Request& request) {
    TakeRequest take;
    take.label = text_option(request, "label");
    const std::string keep = text_option(request, "keep");
    if (!keep.empty()) take.keep = period_of(keep);
    return take;
}

/// The dump is taken, whatever became of its copy: that is a warning, as it is one of the check.
void add_hook(Reply& reply, const std::optional<HookRun>& run) {
    const bool is_done = run && run->state == HookRun::State::done;
    std::string error;
    if (!run) error = "it is not over yet";
    if (run && !is_done) error = run->error;
    reply.document.as_object()["after_backup"] =
        boost::json::object{{"ok", is_done}, {"error", error}};
    reply.text += is_done ? "after_backup: done\n" : "after_backup: " + error + "\n";
    if (!is_done) reply.exit_code = exit_code(Severity::warning);
}

bool fits_backup(const WatchedSet& set) {
    return set.settings.take.has_value();
}

}  // namespace

Task<Reply> backup_command(World& world, Request request, ProgressSink progress) {
    TakeRequest wanted = take_request(request);
    WatchedSet& set = world.find_set(only_target(request), fits_backup);
    if (!set.source->can_take() || !set.settings.take) {
        throw Failure(
            Failure::Kind::usage,
            target_of(set) + " is only watched: its configuration has no `take`",
            "add `take` to the set, or name another one."
        );
    }
    const SlotOf by_hand;
    const Taken taken = co_await take(world, set, std::move(wanted), by_hand, std::move(progress));
    if (taken.failed) std::rethrow_exception(taken.failed);
    const Backup& backup = *taken.backup;
    std::optional<HookRun> run;
    if (set.settings.hook) run = co_await hand_over(world, set, backup.id);
    Reply reply;
    reply.document = boost::json::object{
        {"database", set.database}, {"set", set.settings.name}, {"backup", backup_json(backup)}};
    reply.text = "taken: " + target_of(set) + " " + id_and_label(backup) + ", " +
                 size_in_words(backup.size_bytes.value_or(0)) + "\n";
    if (set.settings.hook) add_hook(reply, run);
    co_return reply;
}

}  // namespace backupwatch
