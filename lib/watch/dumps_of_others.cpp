#include "watch/dumps_of_others.hpp"

#include "async/acquire_within.hpp"
#include "async/as_failure.hpp"
#include "core/failure.hpp"
#include "postgres/connection.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

/// For the turn, for the connection, and for the answer: together less than what a client of HTTP
/// is given.
constexpr Duration asking_limit = std::chrono::seconds(5);
constexpr const char* dumps_query =
    "SELECT a.pid FROM pg_catalog.pg_stat_activity a WHERE a.application_name = 'pg_dump' "
    "AND a.datname = pg_catalog.current_database() AND EXISTS (SELECT FROM pg_catalog.pg_locks l "
    "WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation') ORDER BY 1 LIMIT 3";

Task<std::vector<std::string>> dumping_processes(Secret url) {
    const Connection::Settings read_only{{"default_transaction_read_only", "on"}};
    auto connection = co_await Connection::connect(std::move(url), read_only, asking_limit);
    const QueryResult found = co_await connection->query(dumps_query, asking_limit);
    std::vector<std::string> processes;
    for (const auto& row : found.rows) processes.push_back(row.at(0).value());
    co_return processes;
}

}  // namespace

Task<DumpsOfOthers> dumps_of_others(World& world, std::string name) {
    DumpsOfOthers others;
    const auto database = std::ranges::find(world.databases, name, &WatchedDatabase::name);
    if (database == world.databases.end()) co_return others;
    if (database->url.empty()) {
        others.not_looked_at = "whether somebody else dumps " + name + ": it has no `url`";
        co_return others;
    }
    const std::string unknown = "whether somebody else dumps " + name + " cannot be told: ";
    const Secret url = database->url;
    // Kept for as long as its place is: a reload may end this world meanwhile.
    const std::shared_ptr<Semaphore> question = database->question;
    const auto turn = co_await acquire_within(world.clock, *question, asking_limit);
    if (!turn) {
        others.unasked = unknown + "its server has not answered who asked before";
        co_return others;
    }
    try {
        auto asking = as_failure(dumping_processes(url));
        const auto processes = co_await std::move(asking);
        for (const std::string& pid : processes) {
            others.busy.push_back("a pg_dump of " + name + " is running, pid " + pid);
        }
    } catch (const Failure& failure) {
        others.unasked = unknown + failure.what();
    }
    co_return others;
}

}  // namespace backupwatch
