#include "commands/gather_online.hpp"

#include "async/clock.hpp"
#include "async/semaphore.hpp"
#include "async/together.hpp"
#include "async/with_timeout.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/conninfo.hpp"
#include "postgres/pgmq.hpp"
#include "postgres/supabase.hpp"
#include "postgres/supabase_rights.hpp"
#include "process/find_program.hpp"
#include "sources/dump/exclusions.hpp"
#include "sources/dump/settings.hpp"
#include "sources/registry.hpp"
#include "watch/volume.hpp"
#include "watch/work.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration connect_limit = std::chrono::seconds(10);
constexpr Duration query_limit = std::chrono::seconds(30);
/// Of everything that is asked of one database.
constexpr Duration database_limit = std::chrono::minutes(2);
constexpr const char* pooler_port = "6543";

Connection::Settings session_settings() {
    auto settings = faithful_settings();
    settings.emplace_back("default_transaction_read_only", "on");
    return settings;
}

bool has_pooler_port(const Secret& url) {
    const auto places = endpoints_of(effective_options(parse_conninfo(url)));
    return places && std::any_of(places->begin(), places->end(), [](const Endpoint& place) {
               return place.port == pooler_port;
           });
}

/// Which tables a set leaves out, as the only kind that takes backups itself knows it.
std::vector<std::string> excluded_by(const SetSettings& set) {
    const auto* dump = dynamic_cast<const DumpSettings*>(set.own.get());
    return dump == nullptr ? std::vector<std::string>() : dump->exclude_tables;
}

SchemaNames left_out_by(const SetSettings& set, const Secret& url) {
    const auto* dump = dynamic_cast<const DumpSettings*>(set.own.get());
    const bool has_platform = dump != nullptr && is_of_supabase(*dump, url);
    return has_platform ? platform_schema_names() : SchemaNames();
}

/// Questions to one database, each answer of which goes into its facts.
class Asking {
  public:
    Asking(
        const DatabaseSettings& database,
        Clock& clock,
        Pool& pool,
        HttpClient& web,
        SourceCommons& commons
    )
        : database_(database), clock_(clock), pool_(pool), web_(web), commons_(commons) {
        facts_.name = database.name;
        facts_.has_url = !database.url.empty();
        for (const BackupSetSettings& set : database.backups) {
            SetFacts facts;
            facts.name = set.name;
            facts.takes = set.take.has_value();
            facts.drilled = set.drill.has_value();
            facts_.sets.push_back(std::move(facts));
        }
    }

    Task<DatabaseFacts> ask() {
        if (facts_.has_url) co_await ask_server();
        for (std::size_t i = 0; i < facts_.sets.size(); ++i) {
            co_await look_at_set(database_.backups[i], facts_.sets[i]);
        }
        if (database_.disk && database_.disk->source != DiskSource::supabase) {
            co_await measure_disk(*database_.disk);
        }
        co_return std::move(facts_);
    }

  private:
    Task<> ask_server() {
        try {
            facts_.on_pooler_port = has_pooler_port(database_.url);
            co_await log_in();
        } catch (const Failure& failure) {
            facts_.login = failure;
        }
        if (facts_.login) co_return;
        try {
            auto reading = read();
            co_await with_timeout(std::move(reading), database_limit, "the questions");
        } catch (const Failure& failure) {
            facts_.reading = failure;
        }
    }

    Task<> log_in() {
        auto settings = session_settings();
        connection_ =
            co_await Connection::connect(database_.url, std::move(settings), connect_limit);
    }

    Task<> read() {
        Manifest current;
        co_await describe_server(*connection_, current, query_limit);
        current.extensions = co_await extensions(*connection_, query_limit);
        const auto tables = co_await dumped_tables(*connection_, query_limit);
        for (const DumpedTable& table : tables) {
            TableContent content;
            content.name = table.quoted;
            content.bytes = table.bytes;
            current.tables.push_back(std::move(content));
        }
        current.undumped_queues = co_await undumped_queues(*connection_, query_limit);
        facts_.current = std::move(current);
        for (std::size_t i = 0; i < facts_.sets.size(); ++i) {
            if (facts_.sets[i].takes)
                co_await ask_rights(database_.backups[i], facts_.sets[i], tables);
        }
        const bool taken = std::ranges::any_of(facts_.sets, &SetFacts::takes);
        if (taken) co_await try_snapshot();
    }

    Task<> ask_rights(
        const BackupSetSettings& set, SetFacts& facts, const std::vector<DumpedTable>& tables
    ) {
        try {
            const SchemaNames left_out = left_out_by(set, database_.url);
            std::vector<DumpedTable> others = tables;
            std::erase_if(others, [&](const DumpedTable& table) {
                return std::ranges::find(left_out, table.schema) != left_out.end();
            });
            const Partition parts = exclude(std::move(others), excluded_by(set));
            facts.rights = co_await rights_on(*connection_, parts.dumped, query_limit, left_out);
            // Which is so of a project alone.
            if (!left_out.empty()) facts.not_dumped = take_platforms(*facts.rights);
        } catch (const Failure& failure) {
            facts.rights_untold = failure;
        }
    }

    Task<> try_snapshot() {
        facts_.tried_snapshot = true;
        try {
            co_await share_snapshot();
        } catch (const Failure& failure) {
            facts_.snapshot = failure;
        }
    }

    /// As a dump does, in two sessions. The second is open before the first begins its transaction:
    /// a transaction pooler must then give it another server's session than the one that has its
    /// settings.
    Task<> share_snapshot() {
        auto settings = session_settings();
        const std::unique_ptr<Connection> second =
            co_await Connection::connect(database_.url, std::move(settings), connect_limit);
        co_await connection_->query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", query_limit);
        const QueryResult exported =
            co_await connection_->query("SELECT pg_catalog.pg_export_snapshot()", query_limit);
        std::string import =
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT " +
            quote_literal(exported.single()) + "; SHOW row_security";
        const QueryResult row_security = co_await second->query(std::move(import), query_limit);
        facts_.keeps_settings = row_security.single() == "off";
    }

    Task<> measure_disk(const DiskSettings& disk) {
        DiskFacts facts;
        const bool here = disk.source == DiskSource::filesystem;
        facts.what = here ? "the volume of " + disk.path.string() : "all databases of its server";
        try {
            if (here) {
                auto look = [&disk, this] { return measure_volume(disk.path, clock_.now()).used; };
                facts.used = co_await pool_.run(std::move(look));
            } else if (!facts_.login) {
                facts.used = co_await size_of_all_databases(database_.url, query_limit);
            }
        } catch (const Failure& failure) {
            facts.failure = failure;
        }
        facts_.disk = std::move(facts);
    }

    Task<> ask_disk(Source& source) {
        DiskFacts facts;
        facts.what = "the project's disk";
        facts.is_told = true;
        try {
            const DiskWord word = co_await source.disk();
            facts.used = word.sample.used;
        } catch (const Failure& failure) {
            facts.failure = failure;
        }
        facts_.disk = std::move(facts);
    }

    Task<> look_at_set(const BackupSetSettings& set, SetFacts& facts) {
        if (!set.directory.empty()) {
            auto look = [&set, this] { return look_at_folder(set.directory, clock_.now()); };
            facts.directory = co_await pool_.run(std::move(look));
        }
        if (set.hook) {
            auto find = [program = set.hook->program] { return find_program(program, hook_path); };
            try {
                facts.hook = co_await pool_.run(std::move(find));
            } catch (const Failure& failure) {
                facts.hook_missing = failure;
            }
        }
        try {
            co_await read_newest(set, facts);
        } catch (const Failure& failure) {
            facts.listing = failure;
        }
    }

    Task<> read_newest(const BackupSetSettings& set, SetFacts& facts) {
        const SourceKind* kind = find_source_kind(set.source);
        if (kind == nullptr) co_return;
        const SourcePlace place{
            database_.name, database_.url, clock_, pool_, calls_, HttpReader(web_), commons_};
        const std::unique_ptr<Source> source = kind->make(set, place);
        facts.restores = source->can_restore();
        facts.accesses = co_await source->accesses();
        try {
            facts.siblings = co_await source->siblings();
        } catch (const Failure&) {
            // What could not be read is among the accesses.
        }
        const bool asks_disk = database_.disk && database_.disk->source == DiskSource::supabase;
        if (asks_disk && source->tells_disk() && !facts_.disk) co_await ask_disk(*source);
        if (!facts.restores) co_return;
        const Inventory inventory = co_await source->list();
        const Backup* newest = newest_completed(inventory, clock_.now());
        if (newest == nullptr) co_return;
        facts.newest = co_await source->manifest(newest->id);
        facts.newest_size = newest->size_bytes.value_or(0);
    }

    const DatabaseSettings& database_;
    Clock& clock_;
    Pool& pool_;
    HttpClient& web_;
    SourceCommons& commons_;
    HangingCalls calls_;
    DatabaseFacts facts_;
    std::unique_ptr<Connection> connection_;
};

/// One of several: takes its turn, and leaves its facts where they belong.
Task<> gather_in_turn(
    Semaphore& turns,
    const DatabaseSettings& database,
    Clock& clock,
    Pool& pool,
    HttpClient& web,
    SourceCommons& commons,
    DatabaseFacts& facts
) {
    const auto turn = co_await turns.acquire();
    facts = co_await gather_database(database, clock, pool, web, commons);
}

}  // namespace

Task<DatabaseFacts> gather_database(
    const DatabaseSettings& database,
    Clock& clock,
    Pool& pool,
    HttpClient& web,
    SourceCommons& commons
) {
    Asking asking(database, clock, pool, web, commons);
    auto facts = co_await asking.ask();
    co_return facts;
}

Task<OnlineFacts> gather_online(
    const Settings& settings, Clock& clock, Pool& pool, HttpClient& web
) {
    OnlineFacts facts;
    SourceCommons commons;
    facts.databases.resize(settings.databases.size());
    Semaphore turns(settings.concurrency.checks);
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < settings.databases.size(); ++i) {
        tasks.push_back(gather_in_turn(
            turns, settings.databases[i], clock, pool, web, commons, facts.databases[i]
        ));
    }
    co_await together(std::move(tasks));
    auto look = [&] { return gather_host(settings, facts.databases, clock.now()); };
    facts.host = co_await pool.run(std::move(look));
    co_return facts;
}

}  // namespace backupwatch
