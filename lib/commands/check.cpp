#include "commands/catching_up.hpp"
#include "commands/documents.hpp"
#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "watch/work.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// A database is looked at with its disk; a single set without.
bool names_database(const std::vector<std::string>& targets, const std::string& database) {
    return targets.empty() || std::count(targets.begin(), targets.end(), database) > 0;
}

}  // namespace

Task<Reply> check_command(World& world, Request request, ProgressSink progress) {
    std::vector<Finding> findings;
    const auto add = [&findings](std::vector<Finding> more) {
        findings.insert(findings.end(), more.begin(), more.end());
    };
    const std::vector<WatchedSet*> sets = world.find_sets(request.targets);
    std::string advice;
    for (WatchedSet* set : sets) {
        co_await catch_up(world, *set, request, progress);
        auto looked = co_await look(world, *set);
        add(std::move(looked));
        advice += advice_on_unread(world, *set);
    }
    for (WatchedDatabase& database : world.databases) {
        if (!database.disk || !names_database(request.targets, database.name)) continue;
        auto disk = co_await poll_disk(world, database);
        findings.push_back(std::move(disk));
    }
    if (request.targets.empty()) {
        auto ours = co_await watch_ourselves(world);
        add(std::move(ours));
    }
    if (findings.empty()) {
        throw Failure(
            Failure::Kind::usage,
            "there is nothing to check: the configuration has neither backups nor a disk of it"
        );
    }
    Reply reply;
    reply.exit_code = exit_code(worst_of(findings));
    reply.document = findings_json(findings);
    reply.text = findings_text(findings) + advice;
    co_return reply;
}

}  // namespace backupwatch
