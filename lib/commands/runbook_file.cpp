#include "commands/runbook_file.hpp"

#include "async/as_failure.hpp"
#include "commands/kept_file.hpp"
#include "commands/runbook_facts.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "process/find_program.hpp"
#include "sources/hook_settings.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr const char* runbook_name = "RUNBOOK-EMERGENCY-RESTORE.md";
constexpr const char* publication_name = "published";
constexpr Duration publish_limit = std::chrono::minutes(5);

/// Only its name and how it ended: it may have been given a token.
Task<std::string> error_of_publishing(
    World& world, std::vector<std::string> words, std::string database, fs::path file
) {
    try {
        Command command;
        command.program = find_program(words.front(), hook_path);
        command.arguments.assign(words.begin() + 1, words.end());
        command.arguments.push_back(file.string());
        command.environment = {
            {"PATH", hook_path}, {"HOME", our_home()}, {"BACKUPWATCH_DATABASE", database}};
        command.directory = file.parent_path();
        auto running = as_failure(world.run_program(std::move(command), publish_limit));
        Exit exit = co_await std::move(running);
        exit.last_lines.clear();
        if (exit.ok()) co_return std::string();
        co_return "the program of `publish`: " + describe(exit);
    } catch (const Failure& failure) {
        co_return failure.what();
    }
}

Task<> publish(World& world, std::vector<std::string> words, std::string database, fs::path file) {
    const std::string error = co_await error_of_publishing(world, std::move(words), database, file);
    if (!error.empty()) {
        spdlog::error("runbook not published database={} error={}", database, quoted_line(error));
    }
    const std::string line = to_rfc3339(world.clock.now()) + (error.empty() ? "" : " " + error);
    auto note = [path = file.parent_path() / publication_name, line] {
        write_whole(path, line + "\n");
    };
    co_await world.pool.run(std::move(note));
}

Task<> write_and_publish(World& world, const WatchedDatabase& database, RunbookSettings settings) {
    const RunbookFacts facts = co_await runbook_facts(world, database);
    const fs::path file = runbook_file(world, database.name);
    auto write = [file, text = runbook_text(facts)] { write_for_all(file, text); };
    co_await world.pool.run(std::move(write));
    if (settings.publish.empty()) co_return;
    co_await publish(world, settings.publish, database.name, file);
}

}  // namespace

fs::path runbook_file(const World& world, const std::string& database) {
    return world.settings.state_dir / "runbooks" / database / runbook_name;
}

std::optional<Publication> last_publication(const fs::path& runbook) {
    std::ifstream file(runbook.parent_path() / publication_name);
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    const std::size_t end = std::min(line.find(' '), line.size());
    const auto at = parse_rfc3339(line.substr(0, end));
    if (!at) return std::nullopt;
    return Publication{*at, line.substr(std::min(end + 1, line.size()))};
}

Task<> renew_runbook(World& world, std::string name) {
    for (std::size_t i = 0; i < world.databases.size(); ++i) {
        if (world.databases[i].name != name) continue;
        const auto settings = runbook_settings_of(world, name);
        if (!settings) co_return;
        try {
            auto work = as_failure(write_and_publish(world, world.databases[i], *settings));
            co_await std::move(work);
        } catch (const Failure& failure) {
            spdlog::error(
                "runbook not written database={} error={}", name, quoted_line(failure.what())
            );
        }
        co_return;
    }
}

}  // namespace backupwatch
