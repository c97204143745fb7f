#include "postgres/server_settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace backupwatch {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

std::string in_megabytes(std::uint64_t bytes) {
    return std::to_string(bytes / mebibyte) + "MB";
}

/// The least memory.max from our control group up to the root of what we see (version 2).
std::uint64_t control_group_limit(std::uint64_t limit) {
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        if (!line.starts_with("0::/")) continue;
        const std::filesystem::path root = "/sys/fs/cgroup";
        for (auto group = root / line.substr(4);; group = group.parent_path()) {
            std::uint64_t bytes = 0;
            // The word `max` is no number, and leaves the limit as it is.
            if (std::ifstream(group / "memory.max") >> bytes) limit = std::min(limit, bytes);
            if (group == root || !group.has_relative_path()) break;
        }
    }
    return limit;
}

}  // namespace

Machine Machine::ours() {
    const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return {std::max(1U, std::thread::hardware_concurrency()), control_group_limit(pages * page)};
}

std::uint64_t shared_buffers(const Machine& machine) {
    return std::clamp(machine.memory / 4, 16 * mebibyte, 512 * mebibyte);
}

std::vector<std::pair<std::string, std::string>> server_settings(
    int major, int jobs, const Machine& machine, const std::filesystem::path& socket_folder
) {
    const auto workers = static_cast<std::uint64_t>(std::max(jobs, 1));
    const bool every_core_has_a_job = workers >= machine.cores;
    // More is slower: what an index build keeps in memory it looks at again and again, and past
    // some 32 MB that misses the processor's caches (bench/README.md). A parallel build shares it,
    // and has a worker for each 32 MB.
    const auto most_sorting = (every_core_has_a_job ? 32 : 96) * mebibyte;
    const auto sorting = std::clamp(machine.memory / (8 * workers), 16 * mebibyte, most_sorting);

    std::vector<std::pair<std::string, std::string>> settings{
        // Private: a socket in a folder of our own, no network, no library that runs by itself.
        {"listen_addresses", ""},
        {"unix_socket_directories", socket_folder.string()},
        {"unix_socket_permissions", "0700"},
        {"shared_preload_libraries", ""},
        {"session_preload_libraries", ""},
        {"local_preload_libraries", ""},
        // Nothing has to survive a crash: then the drill begins anew.
        {"fsync", "off"},
        {"synchronous_commit", "off"},
        {"full_page_writes", "off"},
        {"restart_after_crash", "off"},
        // As little WAL as can be: rows loaded in the transaction that emptied their table have
        // none.
        {"wal_level", "minimal"},
        {"max_wal_senders", "0"},
        {"archive_mode", "off"},
        {"max_wal_size", "16GB"},
        {"checkpoint_timeout", "1h"},
        // Sized to the machine, of which the drill is a guest.
        {"shared_buffers", in_megabytes(shared_buffers(machine))},
        {"maintenance_work_mem", in_megabytes(sorting)},
        {"max_locks_per_transaction", "256"},
        // Of pg_restore one for each job and one more; as many readers of tables at the most.
        {"max_connections", std::to_string(std::max<std::uint64_t>(100, 2 * workers + 10))},
        // Containers have 64 MB of /dev/shm, where a killed server leaves its segments, and which
        // its
        // fence does not open.
        {"dynamic_shared_memory_type", "mmap"},
        // For servers that live longer. (Not track_activities: progress is read from it.)
        {"autovacuum", "off"},
        {"bgwriter_lru_maxpages", "0"},
        {"max_logical_replication_workers", "0"},
        {"track_counts", "off"},
        {"update_process_title", "off"},
        // pg_restore creates event triggers before it fills materialised views, and those would run
        // the triggers: rows and sequences would then differ from what was dumped, or not, by
        // chance.
        {"session_replication_role", "replica"},
        // The log is for a crash of the server. What a client did wrong it hears itself, and its
        // rows do not belong into a log.
        {"log_min_messages", "log"},
        {"log_min_error_statement", "panic"},
        {"log_error_verbosity", "terse"},
        {"log_checkpoints", "off"},
        {"log_line_prefix", ""},
        {"lc_messages", "C"},
    };
    if (major >= 11) settings.emplace_back("jit", "off");
    // Parallel workers beside as many jobs as there are cores cost more than they give.
    if (major >= 11 && every_core_has_a_job) {
        settings.emplace_back("max_parallel_maintenance_workers", "0");
    }
    return settings;
}

}  // namespace backupwatch
