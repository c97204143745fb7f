#pragma once
#include "core/time/time.hpp"
#include "store/database.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <vector>

namespace backupwatch {

/// `state.db` in the state folder, open. The file has mode 0600, a folder that had to be made 0700.
class StateFile {
  public:
    /// Opens it, or begins a new one. A damaged one (or a log without its file) is moved aside to
    /// `state.db.damaged-<time>` first. One process at a time does this, so that two never move
    /// each other's new file away. Throws Failure.
    static std::unique_ptr<StateFile> open(const std::filesystem::path& folder, Instant now);

    StateFile(std::filesystem::path path, std::unique_ptr<Database> database);

    Database& database() { return *database_; }
    const std::filesystem::path& path() const { return path_; }
    /// Throws Failure::missing where another file, or none, now lies at the path: what is written
    /// into a file that has lost its name is lost at the next start.
    void expect_in_place() const;

  private:
    std::filesystem::path path_;
    std::unique_ptr<Database> database_;
    dev_t device_;
    ino_t inode_;
};

/// The files moved aside by this start and by earlier ones, until someone takes them away.
std::vector<std::filesystem::path> damaged_states(const std::filesystem::path& folder);

}  // namespace backupwatch
