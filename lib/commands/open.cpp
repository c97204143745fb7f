#include "commands/verbs.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "drill/exported.hpp"
#include "report/opened_text.hpp"
#include "watch/open_backup.hpp"

#include <boost/json/array.hpp>
#include <unistd.h>

#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr Duration usual_hold = std::chrono::hours(2);

bool fits_open(const WatchedSet& set) {
    return set.settings.drill.has_value();
}

OpenRequest open_request(const Request& request) {
    OpenRequest wanted;
    wanted.table = text_option(request, "export");
    wanted.asked_by = request.asker.uid.value_or(::geteuid());
    const std::string hold = text_option(request, "for");
    wanted.hold = hold.empty() ? usual_hold : hold_of(hold);
    wanted.choice = backup_choice(request);
    if (wanted.choice.before && !wanted.choice.id.empty()) {
        throw Failure(
            Failure::Kind::usage,
            "open takes a backup's ID or a time that it is from before, and both are given"
        );
    }
    return wanted;
}

std::string text_of(const WatchedSet& set, const OpenedBackup& opened, Instant now) {
    OpenedFacts facts;
    facts.target = target_of(set);
    facts.backup = opened.backup;
    if (opened.damaged != nullptr) facts.damaged = *opened.damaged;
    if (opened.drill) facts.drill = opened.drill->outcome;
    facts.errors = opened.restored.errors;
    facts.missing = opened.restored.missing;
    facts.now = now;
    facts.until = opened.until;
    return opened_text(facts);
}

/// What whoever asked needs to reach it.
json::object ready(const WatchedSet& set, const OpenedBackup& opened, Instant now) {
    const Sandbox& sandbox = opened.sandbox;
    return {
        {"backup", opened.backup.id},
        {"socket_folder", sandbox.cluster->socket_folder().string()},
        {"user", sandbox.cluster->superuser()},
        {"database", sandbox.database},
        {"programs", sandbox.installation.bin.string()},
        {"until", to_rfc3339(opened.until)},
        {"is_whole", opened.restored.errors.empty() && opened.restored.missing.empty()},
        {"prompt", opened_prompt(set.database, opened.backup.id)},
        {"text", text_of(set, opened, now)},
        {"tables", json::array()},
    };
}

}  // namespace

Duration hold_of(const std::string& text) {
    constexpr Duration longest_hold = std::chrono::hours(24);
    const Duration hold = period_of(text);
    if (hold <= longest_hold) return hold;
    throw Failure(
        Failure::Kind::usage, quoted_line(text) + " is longer than a backup is held open: 24h"
    );
}

Instant written_moment(const std::string& text) {
    if (const auto moment = parse_moment(text)) return *moment;
    throw Failure(
        Failure::Kind::usage,
        quoted_line(text) + " is not a time such as 2026-11-22T03:00:00Z or \"2026-11-22 03:00\""
    );
}

BackupChoice backup_choice(const Request& request) {
    BackupChoice choice;
    choice.id = text_option(request, "backup");
    const std::string before = text_option(request, "before");
    if (!before.empty()) choice.before = written_moment(before);
    return choice;
}

Task<Reply> open_command(World& world, Request request, ProgressSink progress) {
    OpenRequest wanted = open_request(request);
    WatchedSet& set = world.find_set(only_target(request), fits_open);
    const std::string table = wanted.table;
    const Duration hold = wanted.hold;
    const auto show = [&](const OpenedBackup& opened) -> Task<> {
        json::object news = ready(set, opened, world.clock.now());
        if (!table.empty()) {
            const auto tables = co_await tables_to_export(opened.sandbox, table);
            news["tables"] = json::array(tables.begin(), tables.end());
        }
        request.asker.hears(std::move(news));
    };
    ShowOpened named = show;
    co_await open_backup(world, set, std::move(wanted), std::move(progress), std::move(named));
    throw Failure(
        Failure::Kind::timeout,
        "its time is over: it was held open for " + to_text(hold),
        "open it again, for longer with --for."
    );
}

}  // namespace backupwatch
