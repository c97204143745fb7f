#include "commands/catching_up.hpp"
#include "commands/documents.hpp"
#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/size.hpp"
#include "watch/work.hpp"

#include <boost/json/array.hpp>

#include <cstdio>

namespace backupwatch {
namespace {

std::string line_of(const Backup& backup) {
    const std::string size = backup.size_bytes ? size_in_words(*backup.size_bytes) : "-";
    char columns[160];
    std::snprintf(
        columns,
        sizeof columns,
        "%-28s %-10s %-24s %10s",
        backup.id.c_str(),
        std::string(to_string(backup.status)).c_str(),
        backup.finished_at ? to_rfc3339(*backup.finished_at).c_str() : "-",
        size.c_str()
    );
    std::string line = columns;
    if (!backup.label.empty()) line += "  " + backup.label;
    if (backup.keep_until) line += "  kept until " + to_rfc3339(*backup.keep_until);
    if (backup.unchanged_since) {
        line += "  byte for byte the one of " + to_rfc3339(*backup.unchanged_since);
    }
    if (!backup.error.empty()) line += "  " + backup.error;
    return line + "\n";
}

std::string line_of(const PointInTime& pitr) {
    const std::string since = pitr.earliest ? " from " + to_rfc3339(*pitr.earliest) : "";
    const std::string until = pitr.latest ? " up to " + to_rfc3339(*pitr.latest) : "";
    return "point-in-time recovery, to any moment" + since + until + "\n";
}

boost::json::object pitr_json(const PointInTime& pitr) {
    return {{"earliest", or_null(pitr.earliest)}, {"latest", or_null(pitr.latest)}};
}

}  // namespace

Task<Reply> list_command(World& world, Request request, ProgressSink progress) {
    WatchedSet& set = world.find_set(only_target(request));
    co_await catch_up(world, set, request, std::move(progress));
    co_await look(world, set);
    if (!set.health.error.empty()) {
        throw Failure(
            Failure::Kind::unreachable, "cannot list " + target_of(set) + ": " + set.health.error
        );
    }
    Reply reply;
    boost::json::array backups;
    for (const Backup& backup : set.inventory->backups) {
        backups.push_back(backup_json(backup));
        reply.text += line_of(backup);
    }
    const auto& provider = set.inventory->provider;
    const bool has_pitr = provider && provider->pitr;
    if (has_pitr) reply.text += line_of(*provider->pitr);
    if (reply.text.empty()) reply.text = "no backups\n";
    reply.text += advice_on_unread(world, set);
    boost::json::object document{
        {"database", set.database}, {"set", set.settings.name}, {"backups", std::move(backups)}};
    if (has_pitr) document["pitr"] = pitr_json(*provider->pitr);
    reply.document = std::move(document);
    co_return reply;
}

}  // namespace backupwatch
