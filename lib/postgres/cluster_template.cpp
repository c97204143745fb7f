#include "postgres/cluster_template.hpp"

#include "async/pool.hpp"
#include "async/undo.hpp"
#include "core/failure.hpp"
#include "postgres/drill_fence.hpp"
#include "postgres/server_failure.hpp"
#include "postgres/version.hpp"
#include "process/descriptor.hpp"
#include "process/file_lock.hpp"
#include "process/sync_folder.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <functional>
#include <set>
#include <system_error>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Path = std::filesystem::path;
using Deadline = std::chrono::steady_clock::time_point;

/// What runs as the cluster's user could be what a drill left running, so we ourselves write only
/// where that user cannot: initdb and the copying of a template are run as the user, and the
/// template is ours.
///
/// Raise it when what is done to a template after initdb changes.
constexpr int revision = 1;

constexpr const char* lock_suffix = ".lock";
constexpr const char* fresh_suffix = ".initdb";     ///< what initdb works in
constexpr const char* partial_suffix = ".partial";  ///< what is not a template yet

const std::vector<std::string> initdb_arguments = {
    "--no-sync",
    "--no-clean",    // what it leaves when it is killed tells us which shared memory to remove
    "--auth=trust",  // whoever may enter the folder of the socket
    "--locale=C.UTF-8",
    "--encoding=UTF8",
    std::string("--username=") + drill_superuser,
};

/// What is left of the start's limit. Throws Failure::timeout where that is nothing.
Duration left_until(Deadline deadline) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left > Deadline::duration::zero()) return std::chrono::ceil<Duration>(left);
    throw Failure(
        Failure::Kind::timeout,
        "no time is left to start a throw-away PostgreSQL: its files were not there in time",
        "look at what else keeps the disk of work_dir busy, then drill again."
    );
}

/// Where the templates of one installation and user lie.
struct Place {
    Path folder;
    std::string prefix;     ///< of all versions: major, user, and a hash of what initdb is given
    std::string version{};  ///< 15.20; only complete() asks for it

    Path lock() const { return folder / (prefix + lock_suffix); }
    Path fresh() const { return folder / (prefix + fresh_suffix); }
    Path partial() const { return folder / (prefix + partial_suffix); }
    Path complete() const { return folder / (prefix + "-" + version); }
};

Place place_of(const ClusterOptions& options, std::string version) {
    std::string given = options.installation.bin.string();
    for (const auto& argument : initdb_arguments) given += '\0' + argument;
    const uid_t uid = options.user ? options.user->uid : ::geteuid();
    std::string prefix = std::to_string(options.installation.major) + "-" + std::to_string(uid) +
                         "-" + std::to_string(revision) + "-" +
                         std::to_string(std::hash<std::string>{}(given));
    return {options.templates, std::move(prefix), std::move(version)};
}

/// The version of the server; the first thing that is run as its user, in its folder.
Task<std::string> server_version(const ClusterOptions& options, Deadline deadline) {
    Command command{
        .program = options.installation.bin / "postgres",
        .arguments = {"--version"},
        .directory = options.folder,
        .user = options.user,
    };
    const Exit exit = co_await run_process(std::move(command), left_until(deadline));
    auto version = parse_version(exit.output);
    if (exit.ok() && version) co_return *std::move(version);
    throw Failure(
        Failure::Kind::internal,
        "cannot learn the version of " + (options.installation.bin / "postgres").string() + ": " +
            describe(exit)
    );
}

/// A lock between processes, and between coroutines of one; free when the descriptor goes.
Task<Descriptor> lock(Path file, int how, Deadline deadline) {
    Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const auto cannot = "cannot lock " + file.string() + ": ";
    if (!descriptor) {
        throw Failure(Failure::Kind::denied, cannot + std::generic_category().message(errno));
    }
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (::flock(descriptor.get(), how | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK) {
            throw Failure(Failure::Kind::internal, cannot + std::generic_category().message(errno));
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            throw Failure(Failure::Kind::timeout, cannot + "another drill makes its template");
        }
        pause.expires_after(10ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return descriptor;
}

void make_empty(const Path& folder, const std::optional<User>& owner) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    if (owner && ::chown(folder.c_str(), owner->uid, owner->gid) < 0) {
        throw std::system_error(errno, std::generic_category(), folder);
    }
}

/// Runs a program that must succeed.
Task<> run(Command command, const char* purpose, Deadline deadline) {
    command.environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C"}, {"TZ", "UTC"}};
    const Exit exit = co_await run_process(std::move(command), left_until(deadline));
    if (!exit.ok()) throw server_failure(std::string("cannot ") + purpose, describe(exit));
}

/// Lets every user read the template, and makes copying it cheap.
void finish(const Path& partial) {
    using std::filesystem::perms;
    std::vector<Path> not_needed;
    std::filesystem::create_directory(partial / "socket");
    std::filesystem::permissions(partial, perms(0755));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(partial)) {
        const std::string name = entry.path().filename();
        // Maps of free space and of visibility are hints, a quarter of the files, and may be
        // absent.
        if (name.ends_with("_fsm") || name.ends_with("_vm")) not_needed.push_back(entry.path());
        std::filesystem::permissions(
            entry.path(), entry.is_directory() ? perms(0755) : perms(0644)
        );
    }
    for (const auto& file : not_needed) std::filesystem::remove(file);
}

void remove_incomplete(const Place& place) {
    clear_cluster(place.fresh());
    std::filesystem::remove_all(place.fresh());
    std::filesystem::remove_all(place.partial());
}

/// Under the exclusive lock, so that nobody is copying what is removed here.
void put_in_place(const Place& place) {
    finish(place.partial());
    // A name can outlive the bytes of its files in a power cut, and a template of empty files would
    // fail every drill. Once for each version of PostgreSQL.
    sync_tree(place.partial());
    std::vector<Path> of_other_versions;
    for (const auto& entry : std::filesystem::directory_iterator(place.folder)) {
        const std::string name = entry.path().filename();
        if (name.starts_with(place.prefix + "-")) of_other_versions.push_back(entry.path());
    }
    for (const auto& old : of_other_versions) std::filesystem::remove_all(old);
    std::filesystem::rename(place.partial(), place.complete());
    sync_folder(place.folder);
    std::filesystem::remove_all(place.fresh());
}

Task<> make_template(
    const ClusterOptions& options, const Place& place, Pool& pool, Deadline deadline
) {
    auto empty = [place, user = options.user] {
        clear_cluster(place.fresh());
        make_empty(place.fresh(), user);
        make_empty(place.partial(), std::nullopt);
    };
    co_await pool.run(std::move(empty));

    Command initdb{
        .program = options.installation.bin / "initdb",
        .arguments = initdb_arguments,
        .directory = place.fresh(),
        .user = options.user,
        .fence = initdb_fence(options.installation, place.fresh(), Machine::ours()),
    };
    initdb.arguments.push_back("--pgdata=" + (place.fresh() / "data").string());
    co_await run(std::move(initdb), "make a cluster with initdb", deadline);

    // Sparse: most of the first WAL segment is zeros.
    Command copy{
        .program = "/bin/cp",
        .arguments = {"-r", "--sparse=always", "data", place.partial()},
        .directory = place.fresh(),
    };
    co_await run(std::move(copy), "keep a template of a cluster", deadline);

    auto keep = [place] { put_in_place(place); };
    co_await pool.run(std::move(keep));
}

/// Leaves a template, or nothing: what is half done would take its place on the disk until the next
/// start.
Task<> make_template_or_nothing(
    const ClusterOptions& options, const Place& place, Pool& pool, Deadline deadline
) {
    std::exception_ptr failure;
    try {
        co_await make_template(options, place, pool, deadline);
    } catch (...) {
        // Also a cancellation; nothing may be awaited in here.
        failure = std::current_exception();
    }
    if (!failure) co_return;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto remove = [place] { remove_incomplete(place); };
    auto removal = pool.run(std::move(remove));
    co_await undo(std::move(removal));
    std::rethrow_exception(failure);
}

void make_templates_folder(const Path& folder) {
    if (!std::filesystem::create_directories(folder)) return;
    // Others may pass through, and see nothing.
    std::filesystem::permissions(folder, std::filesystem::perms(0711));
}

}  // namespace

Task<> clone_template(const ClusterOptions& options, Pool& pool, Deadline deadline) {
    std::string version = co_await server_version(options, deadline);
    const Place place = place_of(options, std::move(version));
    make_templates_folder(place.folder);

    auto held = co_await lock(place.lock(), LOCK_SH, deadline);
    while (!std::filesystem::exists(place.complete())) {
        held = {};
        held = co_await lock(place.lock(), LOCK_EX, deadline);
        const bool still_missing = !std::filesystem::exists(place.complete());
        if (still_missing) co_await make_template_or_nothing(options, place, pool, deadline);
        held = {};
        held = co_await lock(place.lock(), LOCK_SH, deadline);
    }
    Command copy{
        .program = "/bin/cp",
        .arguments = {"-r", place.complete() / "data", place.complete() / "socket", "."},
        .directory = options.folder,
        .user = options.user,
    };
    co_await run(std::move(copy), "copy the template of a cluster", deadline);
}

void remove_incomplete_templates(const std::filesystem::path& templates) {
    if (!std::filesystem::exists(templates)) return;
    std::set<std::string> prefixes;
    for (const auto& entry : std::filesystem::directory_iterator(templates)) {
        const std::string suffix = entry.path().extension();
        if (suffix != fresh_suffix && suffix != partial_suffix) continue;
        prefixes.insert(entry.path().stem());
    }
    std::exception_ptr failure;
    for (const auto& prefix : prefixes) {
        const Place place{templates, prefix};
        try {
            const auto held = FileLock::try_acquire(place.lock());
            if (held) remove_incomplete(place);
        } catch (...) {
            if (!failure) failure = std::current_exception();
        }
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace backupwatch
