#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace backupwatch {

/// A disk as a loss of power shows it: what SQLite wrote and did not sync is there until the crash,
/// and afterwards each write is there, or half of it, or not, by chance. And as a failed sync shows
/// it to a process that goes on. SQLite's default for all that opens a file while this lives. Used
/// on one thread.
class LossyDisk {
  public:
    explicit LossyDisk(std::uint64_t seed);
    ~LossyDisk();
    LossyDisk(const LossyDisk&) = delete;
    LossyDisk& operator=(const LossyDisk&) = delete;

    /// After so many more writes, truncations and syncs nothing reaches it any more; 0: at once.
    void die_after(int operations);
    bool is_dead() const { return operations_left_ == 0; }
    /// Whoever had files open must have closed them.
    void come_back();
    int syncs() const { return syncs_; }
    /// After so many more syncs one fails, once, on a disk that lives on. As Linux has it: what was
    /// not synced counts as written from then on, no later sync brings it, and whether a read shows
    /// it or what was there before is left to chance.
    void fail_sync_after(int syncs) { syncs_before_failure_ = syncs; }
    int failed_syncs() const { return failed_syncs_; }

  private:
    struct Shim;
    struct Change {
        bool is_truncation = false;
        std::int64_t offset = 0;  ///< of a truncation, the new size
        std::string bytes{};
    };
    struct File {
        std::string synced;
        std::vector<Change> unsynced;
    };

    /// False: the disk is dead.
    bool count();
    void opened(const std::string& path);
    static void apply(std::string& content, const Change& change);
    /// Of what was not synced, each write is there, or half of it, or not.
    void keep_by_chance(File& file);
    bool is_to_fail_now();

    std::mt19937_64 chance_;
    int operations_left_ = -1;  ///< below zero: it lives on
    int syncs_ = 0;
    int syncs_before_failure_ = -1;  ///< below zero: none fails
    int failed_syncs_ = 0;
    std::map<std::string, File> files_;
    sqlite3_vfs* real_;
    std::unique_ptr<sqlite3_vfs> shim_;
};

}  // namespace backupwatch
