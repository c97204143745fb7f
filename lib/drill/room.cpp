#include "drill/room.hpp"

#include "async/hanging_calls.hpp"
#include "core/failure.hpp"
#include "core/size.hpp"
#include "drill/disk_watch.hpp"
#include "postgres/cluster.hpp"
#include "postgres/programs.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/stat.h>

#include <cassert>
#include <chrono>
#include <exception>
#include <functional>
#include <random>
#include <string_view>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr const char* prefix = "drill-";
/// A new cluster, its WAL of at least a few segments, and what a small database leaves out of
/// account.
constexpr std::uint64_t cluster_bytes = 150ull << 20;
/// Of a restore into another server: large objects, what the archive says of itself.
constexpr std::uint64_t room_beside_rows = 20ull << 20;
/// A busy machine may take minutes for what takes a second on a quiet one.
constexpr Duration start_limit = std::chrono::minutes(5);
/// The start waits for it; what takes longer goes on alone.
constexpr Duration clearing_limit = std::chrono::seconds(30);

/// What a server says of a process of it that somebody killed; it kills none of them so itself.
constexpr std::string_view killed_process = "was terminated by signal 9";

/// The last line that has `words`, or nothing.
std::string line_with(const std::string& lines, std::string_view words) {
    const std::size_t found = lines.rfind(words);
    if (found == lines.npos) return {};
    const std::size_t before = lines.rfind('\n', found);
    const std::size_t begin = before == lines.npos ? 0 : before + 1;
    return lines.substr(begin, lines.find('\n', found) - begin);
}

std::string unique_name(const std::string& set) {
    std::random_device random;
    return set + "-" + std::to_string(random());
}

fs::path templates_in(const fs::path& work_dir) {
    return work_dir / "templates";
}

/// Others may pass through the work folder, to a drill's own folder that belongs to them, but see
/// nothing.
void make_work_dir(const fs::path& work_dir) {
    std::error_code seen_below;
    fs::create_directories(work_dir.parent_path(), seen_below);
    if (::mkdir(work_dir.c_str(), 0711) == 0) ::chmod(work_dir.c_str(), 0711);
}

DrillVolume roomy_volume(const fs::path& work_dir, std::uint64_t need) {
    make_work_dir(work_dir);
    DrillVolume volume = volume_of(work_dir, need);
    if (volume.free >= need) return volume;
    throw Failure(
        Failure::Kind::exhausted,
        "a drill of this backup needs about " + size_in_words(need) + " in " + volume.folder +
            ", where " + size_in_words(volume.free) + " are free",
        more_space
    );
}

std::uint64_t bytes_of_rows(const Manifest& manifest) {
    std::uint64_t rows = 0;
    for (const TableContent& table : manifest.tables) rows += table.bytes;
    return rows;
}

/// pg_restore must be able to read what the dumping pg_dump wrote.
int major_for(const Manifest& manifest) {
    return std::max(manifest.server_version / 10000, manifest.dump_version / 10000);
}

}  // namespace

std::uint64_t disk_need(const Manifest& manifest) {
    return cluster_bytes + manifest.database_size + manifest.database_size / 10 +
           bytes_of_rows(manifest);
}

DrillRoom::DrillRoom(fs::path work_dir, std::string set, int jobs, Duration limit, Pool& pool)
    : work_dir_(std::move(work_dir)), set_(std::move(set)), pool_(pool) {
    sandbox_.jobs = jobs;
    sandbox_.limit = limit;
    sandbox_.database = "restored";
}

DrillRoom::~DrillRoom() {
    assert(!cluster_ && "await remove() before a drill's room goes");
}

Task<> DrillRoom::make_folder(std::uint64_t need, std::optional<User> user) {
    auto make = [this, need, user] {
        volume_ = roomy_volume(work_dir_, need);
        return Workspace::create(work_dir_, prefix, unique_name(set_), user);
    };
    workspace_ = co_await pool_.run(std::move(make));
    sandbox_.folder = workspace_->path();
}

Task<> DrillRoom::prepare(const Manifest& manifest) {
    auto find = [] { return find_installations(); };
    const std::vector<Installation> installed = co_await pool_.run(std::move(find));
    sandbox_.installation = choose(installed, major_for(manifest), Need::server);
    sandbox_.user = drill_user();
    co_await make_folder(disk_need(manifest), sandbox_.user);
}

Task<> DrillRoom::prepare_for(Sandbox into, const Manifest& manifest) {
    auto find = [] { return find_installations(); };
    const std::vector<Installation> installed = co_await pool_.run(std::move(find));
    sandbox_.installation = choose(installed, major_for(manifest), Need::client);
    sandbox_.server = into.server;
    sandbox_.database = into.database;
    sandbox_.make_database = std::move(into.make_database);
    sandbox_.last_statement = std::move(into.last_statement);
    sandbox_.is_loaded = into.is_loaded;
    sandbox_.left_out = std::move(into.left_out);
    sandbox_.notes = std::move(into.notes);
    const std::optional<User> ourselves;
    // Into a project what psql reads lies beside the archive that it is made of.
    std::uint64_t copies = sandbox_.is_project() ? 2 : 1;
    if (sandbox_.is_loaded) copies = 0;
    co_await make_folder(copies * bytes_of_rows(manifest) + room_beside_rows, ourselves);
}

Task<> DrillRoom::start_cluster() {
    ClusterOptions options;
    options.folder = sandbox_.folder;
    options.templates = templates_in(work_dir_);
    options.installation = sandbox_.installation;
    options.user = sandbox_.user;
    options.jobs = sandbox_.jobs;
    options.start_limit = start_limit;
    options.address_space = address_space_;
    cluster_ = co_await Cluster::start(std::move(options), pool_);
    sandbox_.cluster = cluster_.get();
    sandbox_.server = cluster_.get();
}

void DrillRoom::require_alive() const {
    if (!cluster_ || !cluster_->has_died()) return;
    const std::string log = cluster_->last_log_lines();
    const std::string killed = line_with(log, killed_process);
    if (killed.empty()) {
        throw Failure(Failure::Kind::internal, "the throw-away server ended by itself: " + log);
    }
    throw Failure(
        Failure::Kind::internal,
        "the throw-away server ended by itself: it was killed, most likely by the kernel for want "
        "of memory (" +
            killed + ")",
        "Give the service more memory (`MemoryMax=`), or let fewer drills run at a time."
    );
}

Task<> DrillRoom::use(Task<> work) {
    auto watched = while_disk_has_room(std::move(work), volume_, pool_);
    co_await std::move(watched);
}

Task<> DrillRoom::await_death(Duration limit) const {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    const auto end = std::chrono::steady_clock::now() + limit;
    while (cluster_ && !cluster_->has_died() && std::chrono::steady_clock::now() < end) {
        pause.expires_after(std::chrono::milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
    }
}

Task<> DrillRoom::remove() {
    sandbox_.cluster = nullptr;
    sandbox_.server = nullptr;
    std::exception_ptr failure;
    if (const auto cluster = std::move(cluster_)) {
        try {
            co_await cluster->stop();
        } catch (...) {
            failure = std::current_exception();
        }
    }
    if (workspace_) {
        auto remove = [workspace = std::move(*workspace_)]() mutable {
            const Workspace removed_here = std::move(workspace);
        };
        workspace_.reset();
        co_await pool_.run(std::move(remove));
    }
    if (failure) std::rethrow_exception(failure);
}

Task<> DrillRoom::clean_up(fs::path work_dir, HangingCalls& calls) {
    std::function<void()> remove = [work_dir] {
        std::exception_ptr failure;
        try {
            Workspace::remove_stale(work_dir, prefix, clear_cluster);
        } catch (...) {
            failure = std::current_exception();
        }
        try {
            remove_incomplete_templates(templates_in(work_dir));
        } catch (...) {
            if (!failure) failure = std::current_exception();
        }
        if (failure) std::rethrow_exception(failure);
    };
    co_await calls.run("clearing " + work_dir.string(), clearing_limit, std::move(remove));
}

}  // namespace backupwatch
