#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "core/backup/disk_reserve.hpp"
#include "core/backup/manifest.hpp"
#include "process/workspace.hpp"
#include "sources/source.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace backupwatch {

class HangingCalls;

/// Where one drill happens: a private folder below the work folder and the throw-away cluster in
/// it. Await remove() before it goes.
class DrillRoom {
  public:
    DrillRoom(
        std::filesystem::path work_dir, std::string set, int jobs, Duration limit, Pool& pool
    );
    ~DrillRoom();
    DrillRoom(const DrillRoom&) = delete;
    DrillRoom& operator=(const DrillRoom&) = delete;

    /// Chooses PostgreSQL's programs, checks that there is room on the disk, makes the folder.
    /// Throws Failure: missing with the package to install, exhausted with the numbers.
    Task<> prepare(const Manifest& manifest);
    /// The same for a restore into a server that stays: `into` says which database of which server,
    /// and no cluster is started.
    Task<> prepare_for(Sandbox into, const Manifest& manifest);
    /// Throws Failure as Cluster::start does.
    Task<> start_cluster();
    /// Throws Failure::internal with the server's last words if it has ended by itself.
    void require_alive() const;
    /// What each process of the server may map, if less than the machine would let it. Before
    /// start_cluster().
    void limit_memory(std::uint64_t bytes) { address_space_ = bytes; }
    /// Does the work, and ends it with Failure::exhausted where the disk runs full meanwhile. After
    /// prepare().
    Task<> use(Task<> work);
    /// Returns when the server has ended by itself, or after `limit`.
    Task<> await_death(Duration limit) const;
    const Sandbox& sandbox() const { return sandbox_; }

    /// Ends the cluster and removes the folder; what cannot be removed is left for clean_up. Throws
    /// what kept the cluster from ending, once the folder is removed as far as it can be.
    Task<> remove();

    static Task<> clean_up(std::filesystem::path work_dir, HangingCalls& calls);

  private:
    Task<> make_folder(std::uint64_t need, std::optional<User> user);

    std::filesystem::path work_dir_;
    std::string set_;
    Pool& pool_;
    Sandbox sandbox_;
    DrillVolume volume_;
    std::optional<std::uint64_t> address_space_;
    std::optional<Workspace> workspace_;
    std::unique_ptr<Cluster> cluster_;
};

/// Bytes that a drill of this backup needs: the unpacked rows, and the cluster with its indexes.
std::uint64_t disk_need(const Manifest& manifest);

}  // namespace backupwatch
