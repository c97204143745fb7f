#pragma once
#include "async/clock.hpp"
#include "async/hanging_calls.hpp"
#include "async/pool.hpp"
#include "core/progress.hpp"
#include "core/secret.hpp"
#include "process/workspace.hpp"
#include "sources/dump/archive_packer.hpp"
#include "sources/dump/census.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/sealing.hpp"
#include "sources/dump/throttled.hpp"
#include "sources/source.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What the configuration says of a set of dumps.
struct DumpPlan {
    std::string database;  ///< the configuration's name of it
    Secret url;            ///< empty: the dumps are only watched
    std::filesystem::path directory;
    bool takes = false;
    int jobs = 2;
    std::vector<std::string> exclude_tables;
    bool is_of_supabase = false;
    Duration lock_timeout = std::chrono::seconds(10);
    Duration limit = std::chrono::hours(24);  ///< of one dump
};

/// What the newest dump of a set was, to know what the next needs.
struct PreviousDump {
    std::uint64_t size = 0;
    std::uint64_t database_size = 0;
    std::uint64_t raw_size = 0;  ///< of its rows, before compression
};

/// Pure: the space that a dump of a database of this size will take, about.
std::uint64_t estimated_size(
    std::uint64_t database_size, const std::optional<PreviousDump>& previous
);

/// Pure: how many bytes of rows pg_dump will write, about, to tell how far it is: as many as for
/// the last dump, in proportion to the database; before the first as many as the tables occupy.
std::uint64_t estimated_rows(
    std::uint64_t database_size,
    const std::vector<DumpedTable>& tables,
    const std::optional<PreviousDump>& previous
);

/// One dump being taken. pg_dump writes the archive while we pack it, and while a second session
/// counts, in the same snapshot, what must be in it.
class Taking {
  public:
    Taking(
        const DumpPlan& plan,
        Clock& clock,
        Pool& pool,
        HangingCalls& calls,
        TakeRequest request,
        ProgressSink progress
    );

    /// Throws Failure; then, and when it is cancelled, nothing of it is left, or what is left is
    /// told to `on_left_behind`.
    Task<Backup> run(std::optional<PreviousDump> previous);

  private:
    Task<> prepare(std::optional<PreviousDump> previous);
    Task<Backup> fill();
    Task<Backup> complete();
    Manifest describe(std::vector<SequenceRange> sequences) const;
    Task<> run_pg_dump(ArchivePacker& packer);
    Task<> ask_the_source();
    Task<> dump_roles();
    Task<> write_roles();

    const DumpPlan& plan_;
    Clock& clock_;
    Pool& pool_;
    HangingCalls& calls_;
    TakeRequest request_;
    Throttled progress_;
    Instant started_at_;
    Duration began_;  ///< the same by the clock that nobody sets
    ServerAccess access_;
    Installation programs_;
    std::optional<Census> census_;
    std::optional<Workspace> workspace_;
    std::string id_;
    std::uint64_t rows_total_ = 0;  ///< estimated bytes of rows
    DumpEvidence evidence_;
};

}  // namespace backupwatch
