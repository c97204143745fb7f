#include "sources/dump/taking.hpp"

#include "async/together.hpp"
#include "core/failure.hpp"
#include "core/size.hpp"
#include "postgres/conninfo.hpp"
#include "postgres/supabase.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/folder.hpp"
#include "sources/dump/left_over.hpp"
#include "sources/dump/tool_failure.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace backupwatch {
namespace {

constexpr auto roles_limit = std::chrono::minutes(5);
/// Of what a failed dump of a terabyte leaves on a slow disk; another try would not find the room
/// before. What takes longer goes on alone: others wait for the place.
constexpr Duration undo_limit = std::chrono::minutes(10);
/// The same at a stop: less than the daemon waits, with what ends before this.
constexpr Duration stop_limit = std::chrono::seconds(3);

Workspace make_workspace(const std::filesystem::path& directory, const std::string& id) {
    Workspace workspace = Workspace::create(directory, partial_prefix, id);
    make_private_folder(workspace.path() / "archive");
    return workspace;
}

void require_space(const std::filesystem::path& directory, std::uint64_t need) {
    make_directory(directory);
    const auto free = free_space(directory);
    if (free >= need) return;
    throw Failure(
        Failure::Kind::exhausted,
        "cannot take a dump: it needs about " + size_in_words(need) + " in " + directory.string() +
            ", where " + size_in_words(free) + " are free",
        "Free some space there, or lower `keep`."
    );
}

}  // namespace

std::uint64_t estimated_size(
    std::uint64_t database_size, const std::optional<PreviousDump>& previous
) {
    constexpr std::uint64_t slack = 64 << 20;  // what is written but not yet compressed
    if (!previous || previous->database_size == 0) return database_size / 2 + slack;
    // What an earlier manifest claims may be anything; a packed dump is smaller than its database.
    const double ratio = std::min(
        2.0, static_cast<double>(previous->size) / static_cast<double>(previous->database_size)
    );
    const double estimate = static_cast<double>(database_size) * ratio * 1.3;
    return static_cast<std::uint64_t>(estimate) + slack;
}

std::uint64_t estimated_rows(
    std::uint64_t database_size,
    const std::vector<DumpedTable>& tables,
    const std::optional<PreviousDump>& previous
) {
    if (previous && previous->raw_size > 0 && previous->database_size > 0) {
        const double growth =
            static_cast<double>(database_size) / static_cast<double>(previous->database_size);
        // Of a manifest that claims anything it may be more than any number holds.
        constexpr double most = 1e18;
        return static_cast<std::uint64_t>(
            std::min(most, static_cast<double>(previous->raw_size) * growth)
        );
    }
    std::uint64_t occupied = 0;
    for (const DumpedTable& table : tables) occupied += table.bytes;
    return occupied;
}

Taking::Taking(
    const DumpPlan& plan,
    Clock& clock,
    Pool& pool,
    HangingCalls& calls,
    TakeRequest request,
    ProgressSink progress
)
    : plan_(plan),
      clock_(clock),
      pool_(pool),
      calls_(calls),
      request_(std::move(request)),
      progress_(std::move(progress)),
      started_at_(clock.now()),
      began_(clock.uptime()),
      access_(ServerAccess::to_production(plan.url)) {}

Task<Backup> Taking::run(std::optional<PreviousDump> previous) {
    co_await prepare(previous);
    Backup backup;
    std::exception_ptr failure;
    try {
        backup = co_await fill();
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return backup;
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool is_stopped = state.cancelled() != asio::cancellation_type::none;
    // What is cancelled may await nothing. A stop that comes later ends the waiting.
    if (is_stopped) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    }
    const std::filesystem::path folder = workspace_->path();
    const Duration limit = is_stopped ? stop_limit : undo_limit;
    auto removal = remove_left_over(std::move(*workspace_), calls_, limit);
    const bool is_gone = co_await std::move(removal);
    if (!is_gone && request_.on_left_behind) request_.on_left_behind(folder);
    if (!is_stopped) std::rethrow_exception(failure);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    // Whatever else failed while it ended: another try would not hear of the stop.
    throw boost::system::system_error(asio::error::operation_aborted);
}

Task<> Taking::prepare(std::optional<PreviousDump> previous) {
    const auto refusal = refuses_dumps(effective_options(parse_conninfo(plan_.url)));
    if (refusal) throw Failure(*refusal);
    Census::Options options;
    options.url = plan_.url;
    options.exclude_tables = plan_.exclude_tables;
    options.is_of_supabase = plan_.is_of_supabase;
    options.lock_timeout = plan_.lock_timeout;
    options.limit = plan_.limit;
    census_ = co_await Census::open(std::move(options));
    if (!census_->writes_bytea_as_hex()) access_.set("bytea_output", "hex");

    const int major = census_->manifest().server_version / 10000;
    auto find = [] { return find_installations(); };
    const std::vector<Installation> installed = co_await pool_.run(find);
    programs_ = choose(installed, major, Need::client);

    const std::uint64_t size = census_->manifest().database_size;
    rows_total_ = estimated_rows(size, census_->tables().dumped, previous);
    const auto need = estimated_size(size, previous);
    auto make = [this, need] {
        require_space(plan_.directory, need);
        id_ = free_id(plan_.directory, started_at_);
        return make_workspace(plan_.directory, id_);
    };
    workspace_ = co_await pool_.run(make);
}

Task<Backup> Taking::fill() {
    auto on_progress = [this](std::uint64_t bytes, std::uint64_t files) {
        const std::uint64_t tables = census_->tables().dumped.size();
        // An estimate that turns out too low grows with what was written.
        const std::uint64_t total = std::max(rows_total_, bytes);
        progress_(Progress{"dump", bytes, total, std::min(files, tables), tables});
    };
    ArchivePacker packer(workspace_->path() / "archive", pool_, on_progress);
    std::vector<Task<>> tasks;
    tasks.push_back(run_pg_dump(packer));
    tasks.push_back(ask_the_source());
    // One more than there are files being written: a finished one may still be read.
    for (int worker = 0; worker <= plan_.jobs; ++worker) tasks.push_back(packer.work());
    co_await together(std::move(tasks));
    evidence_.written.files = packer.take_files();
    auto backup = co_await complete();
    co_return backup;
}

Task<Backup> Taking::complete() {
    auto sequences = co_await census_->end_sequences();
    Manifest manifest = describe(std::move(sequences));
    evidence_.large_objects = census_->large_objects();
    auto finish = [this, &manifest] {
        const auto size = seal(workspace_->path(), evidence_, manifest);
        workspace_->publish(id_);
        return size;
    };
    Backup backup;
    backup.size_bytes = co_await pool_.run(finish);
    backup.id = id_;
    backup.status = BackupStatus::completed;
    backup.started_at = manifest.started_at;
    backup.finished_at = manifest.finished_at;
    backup.label = manifest.label;
    backup.keep_until = manifest.keep_until;
    backup.lacks = missing_messages(manifest.undumped_queues);
    co_return backup;
}

Manifest Taking::describe(std::vector<SequenceRange> sequences) const {
    Manifest manifest = census_->manifest();
    manifest.sequences = std::move(sequences);
    manifest.id = id_;
    manifest.database = plan_.database;
    manifest.label = request_.label;
    manifest.started_at = started_at_;
    // Whoever sets the clock meanwhile makes it neither longer nor end before it began.
    manifest.finished_at = started_at_ + (clock_.uptime() - began_);
    if (request_.keep) manifest.keep_until = started_at_ + *request_.keep;
    return manifest;
}

Task<> Taking::run_pg_dump(ArchivePacker& packer) {
    PgDumpOptions options;
    options.database = census_->manifest().database_name;
    options.snapshot = census_->snapshot();
    options.encoding = census_->manifest().encoding;
    options.jobs = plan_.jobs;
    options.lock_timeout = plan_.lock_timeout;
    options.excluded = census_->exclusion_patterns();
    options.excluded_schemas = census_->left_out_schemas();
    Command command = pg_dump(programs_, access_, options, workspace_->path());
    const Exit exit = co_await run_process(std::move(command), plan_.limit);
    if (!exit.ok()) throw tool_failure("pg_dump of \"" + options.database + "\"", exit);
    co_await packer.writer_ended();
}

// One after the other: they share the session.
Task<> Taking::ask_the_source() {
    co_await dump_roles();
    evidence_.source = co_await census_->count_rows();
}

Task<> Taking::dump_roles() {
    // pg_dumpall says all of a role in one statement, which a project refuses as a whole.
    if (plan_.is_of_supabase) co_return co_await write_roles();
    const std::string& database = census_->manifest().database_name;
    Command command = pg_dumpall(programs_, access_, database, workspace_->path());
    const Exit exit = co_await run_process(std::move(command), roles_limit);
    if (exit.ok()) co_return;
    const Failure failure = tool_failure("pg_dumpall", exit);
    const bool may_not =
        failure.kind() == Failure::Kind::denied || failure.kind() == Failure::Kind::rejected;
    if (!may_not) throw failure;
    co_await write_roles();
}

Task<> Taking::write_roles() {
    const std::string roles = co_await census_->roles_as_sql();
    auto write = [path = workspace_->path() / "globals.sql", &roles] {
        std::filesystem::remove(path);
        write_file(path, roles);
    };
    co_await pool_.run(write);
}

}  // namespace backupwatch
