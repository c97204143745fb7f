#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "postgres/connection.hpp"
#include "watch/volume.hpp"
#include "watch/work.hpp"

#include <utility>

namespace backupwatch {
namespace {

constexpr Duration query_limit = std::chrono::seconds(30);
constexpr Duration sample_window = std::chrono::hours(24 * 7);
constexpr std::size_t most_samples = 2000;

Task<DiskSample> measure(World& world, const WatchedDatabase& database) {
    auto place = co_await world.checks.acquire();
    if (database.disk->source == DiskSource::database) {
        const auto used = co_await size_of_all_databases(database.url, query_limit);
        co_return DiskSample{world.clock.now(), used, database.disk->capacity.count};
    }
    const auto path = database.disk->path;
    const Instant now = world.clock.now();
    auto read = [path, now] { return measure_volume(path, now); };
    co_return co_await world.pool.run(std::move(read));
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
    try {
        auto sample = measure(world, database);
        outcome.disk =
            co_await with_timeout(std::move(sample), 2 * query_limit, "measuring the disk");
    } catch (const Failure& failure) {
        error = failure.what();
    }
    const Instant now = world.clock.now();
    outcome.at = now;
    auto& samples = database.samples;
    if (outcome.disk) samples.push_back(*outcome.disk);
    std::erase_if(samples, [&](const DiskSample& sample) {
        return sample.at < now - sample_window || sample.at > now;
    });
    if (samples.size() > most_samples) samples.erase(samples.begin());

    const auto before = world.findings().find(FindingKey{database.name, "", "disk"});
    const Severity previous =
        before == world.findings().end() ? Severity::ok : before->second.finding.severity;
    const auto readable = error.empty() ? samples : std::vector<DiskSample>();
    Finding finding = check_disk(database.disk->policy(), readable, previous, error, now);
    finding.database = database.name;
    finding.check = "disk";
    outcome.findings.push_back(finding);
    co_await world.commit(std::move(outcome));
    co_return finding;
}

}  // namespace backupwatch
