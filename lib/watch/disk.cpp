#include "async/as_failure.hpp"
#include "async/with_timeout.hpp"
#include "core/failure.hpp"
#include "postgres/connection.hpp"
#include "watch/volume.hpp"
#include "watch/work.hpp"

#include <cassert>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration query_limit = std::chrono::seconds(30);
constexpr Duration volume_limit = std::chrono::seconds(30);

WatchedSet* set_that_tells(const WatchedDatabase& database) {
    for (const auto& set : database.sets) {
        if (set->source->tells_disk()) return set.get();
    }
    return nullptr;
}

Task<DiskWord> measure(World& world, const WatchedDatabase& database) {
    if (database.disk->source == DiskSource::supabase) {
        WatchedSet* set = set_that_tells(database);
        assert(set != nullptr && "check_disk_is_told saw to it");
        // Whoever waits for an answer of the web holds up nobody here: it has turns of its own.
        co_return co_await set->source->disk();
    }
    auto place = co_await world.checks.acquire();
    if (database.disk->source == DiskSource::database) {
        const auto used = co_await size_of_all_databases(database.url, query_limit);
        const DiskSample sample{world.clock.now(), used, database.disk->capacity.count};
        co_return DiskWord{sample, {}};
    }
    const auto path = database.disk->path;
    const Instant now = world.clock.now();
    auto sample = std::make_shared<DiskSample>();
    std::function<void()> read = [path, now, sample] { *sample = measure_volume(path, now); };
    const std::string name = "measuring the volume of " + path.string();
    co_await world.hanging_calls.run(name, volume_limit, std::move(read));
    co_return DiskWord{*sample, {}};
}

bool is_tried_again(World& world, const WatchedDatabase& database, const std::string& cause) {
    if (database.disk->source != DiskSource::supabase) return false;
    const WatchedSet& set = *set_that_tells(database);
    const auto found = world.findings().find({database.name, set.settings.name, "source"});
    const Finding* source = found == world.findings().end() ? nullptr : &found->second.finding;
    const Instant now = world.clock.now();
    const Instant since = database.disk_blind_since.value_or(now);
    return waits_for_source(cause, source, since, set.settings.poll, now);
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
    bool is_blind = true;
    std::vector<Remark> remarks;
    try {
        auto measuring = as_failure(measure(world, database));
        DiskWord word =
            co_await with_timeout(std::move(measuring), 2 * query_limit, "measuring the disk");
        outcome.disk = word.sample;
        remarks = std::move(word.remarks);
        is_blind = word.is_from_before;
    } catch (const Failure& failure) {
        error = failure.what();
        cause = failure.cause();
    }
    const Instant now = world.clock.now();
    outcome.at = now;
    database.last_poll = now;
    if (!is_blind) {
        database.disk_blind_since.reset();
    } else if (!database.disk_blind_since || *database.disk_blind_since > now) {
        database.disk_blind_since = now;
    }
    if (outcome.disk) {
        // Who asks twice within a measurement of somebody else's gets the same one.
        const Instant at = outcome.disk->at;
        std::erase_if(database.samples, [at](const DiskSample& one) { return one.at == at; });
        keep_sample(database.samples, *outcome.disk);
    }
    const auto readable = error.empty() ? database.samples : std::vector<DiskSample>();
    Finding finding = check_disk(database.disk->policy(), readable, error, now);
    add_remarks(finding, std::move(remarks));
    if (!error.empty() && is_tried_again(world, database, cause)) finding.failures = 0;
    finding.database = database.name;
    finding.cause = {cause, error};
    outcome.findings.push_back(finding);
    const auto findings = co_await world.commit(std::move(outcome));
    co_return findings.front();
}

}  // namespace backupwatch
