#include "async/as_failure.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "postgres/connection.hpp"
#include "watch/volume.hpp"
#include "watch/work.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration query_limit = std::chrono::seconds(30);
constexpr Duration volume_limit = std::chrono::seconds(30);

Task<DiskSample> measure(World& world, const WatchedDatabase& database) {
    auto place = co_await world.checks.acquire();
    if (database.disk->source == DiskSource::database) {
        const auto used = co_await size_of_all_databases(database.url, query_limit);
        co_return DiskSample{world.clock.now(), used, database.disk->capacity.count};
    }
    const auto path = database.disk->path;
    const Instant now = world.clock.now();
    auto sample = std::make_shared<DiskSample>();
    std::function<void()> read = [path, now, sample] { *sample = measure_volume(path, now); };
    const std::string name = "measuring the volume of " + path.string();
    co_await world.hanging_calls.run(name, volume_limit, std::move(read));
    co_return *sample;
}

}  // namespace

Task<std::uint64_t> size_of_all_databases(const Secret& url, Duration limit) {
    const Connection::Settings read_only{{"default_transaction_read_only", "on"}};
    auto connection = co_await Connection::connect(url, read_only, limit);
    const QueryResult result = co_await connection->query(
        "SELECT sum(pg_catalog.pg_database_size(oid)) FROM pg_catalog.pg_database", limit
    );
    co_return std::stoull(result.single());
}

Task<Finding> poll_disk(World& world, WatchedDatabase& database) {
    Outcome outcome;
    outcome.database = database.name;
    std::string error;
    std::string cause;
    try {
        auto sample = as_failure(measure(world, database));
        outcome.disk =
            co_await with_timeout(std::move(sample), 2 * query_limit, "measuring the disk");
    } catch (const Failure& failure) {
        error = failure.what();
        cause = failure.cause();
    }
    const Instant now = world.clock.now();
    outcome.at = now;
    database.last_poll = now;
    if (outcome.disk) keep_sample(database.samples, *outcome.disk);
    const auto readable = error.empty() ? database.samples : std::vector<DiskSample>();
    Finding finding = check_disk(database.disk->policy(), readable, error, now);
    finding.database = database.name;
    finding.cause = {cause, error};
    outcome.findings.push_back(finding);
    const auto findings = co_await world.commit(std::move(outcome));
    co_return findings.front();
}

}  // namespace backupwatch
