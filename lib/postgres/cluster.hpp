#pragma once
#include "async/task.hpp"
#include "core/secret.hpp"
#include "core/time/time.hpp"
#include "postgres/programs.hpp"
#include "postgres/restore_server.hpp"
#include "process/process.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace backupwatch {

class Pool;

struct ClusterOptions {
    /// Private, 0700, exists, belongs to `user`, who may pass through all folders above it. The
    /// cluster fills `folder/data` and `folder/socket`.
    std::filesystem::path folder{};
    /// Where templates of initdb are kept, one per installation; made (0711) if it is not there.
    std::filesystem::path templates{};
    Installation installation{};
    std::optional<User> user{};  ///< as root: who runs it, see drill_user()
    int jobs = 2;
    Duration start_limit{std::chrono::seconds(60)};
    std::optional<std::uint64_t> address_space{};  ///< of each process; else drill_address_space()
};

/// A throw-away PostgreSQL: cloned from a template of initdb, reached through a socket in a private
/// folder only, without any promise of durability. Its superuser has a name that no dump has.
class Cluster : public RestoreServer {
  public:
    /// Throws Failure (denied, exhausted, timeout, missing, internal), with the server's last log
    /// lines where there are some; then nothing of it runs. The pool must outlive the cluster.
    static Task<std::unique_ptr<Cluster>> start(ClusterOptions options, Pool& pool);

    virtual const std::filesystem::path& socket_folder() const = 0;
    /// The last lines of the server's log: what a crash left behind.
    virtual std::string last_log_lines() const = 0;
    /// True once the server has ended by itself.
    virtual bool has_died() const = 0;
    /// Immediate shutdown; returns when nothing of it runs. Files stay for the owner of the folder.
    /// A cluster that goes without it is killed, which holds up the loop for a moment.
    virtual Task<> stop() = 0;
};

/// Who runs PostgreSQL for us: as root, which it refuses, `backupwatch` where there is such a user,
/// else `nobody`; never `postgres`, whom databases belong to. Otherwise nobody but ourselves.
std::optional<User> drill_user();

/// Ends what a cluster in this folder left behind when we, or it, were killed: its processes, its
/// shared memory, and a socket folder elsewhere. The folder itself stays. Blocking.
void clear_cluster(const std::filesystem::path& folder);

/// Removes from ClusterOptions::templates what a process that is gone has left half made, and ends
/// what still runs in it. Blocking. Throws Failure and std::exception.
void remove_incomplete_templates(const std::filesystem::path& templates);

}  // namespace backupwatch
