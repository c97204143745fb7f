#pragma once
#include "core/progress.hpp"
#include "sources/foreign/inspection.hpp"
#include "sources/foreign/known_files.hpp"
#include "sources/foreign/settings.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// When a dump was finished: the date of its file, unless it was begun long before by its own
/// account. Copying makes a file as new as the copy.
Instant finished_at(Instant modified, const std::optional<Instant>& begun_by);

/// The dumps of other tools in a folder. Each is read to its end once, when it has settled, and
/// remembered until it changes, in known(). Blocking: for threads of its own, one in each of its
/// verbs.
class ForeignListing {
  public:
    ForeignListing(std::filesystem::path directory, ForeignFiles files, InspectionOptions options);

    /// Reads each that has settled and is not known yet to its end: as long as the disk takes.
    /// False: before it was through, what is not kept of them took more than that; but the newest
    /// is always read, and so is the one that somebody waits for. Throws Failure when the directory
    /// can't be read, and timeout once it is to stop.
    bool judge_new(Instant now, std::size_t most_unkept_bytes, const std::string& awaited = {});
    /// Oldest first; one that is not judged yet counts as running. Soon back, also while another
    /// thread judges. Throws Failure when the directory can't be read.
    std::vector<ForeignDump> read(Instant now);

    KnownFiles& known() { return known_; }
    /// How far the file is that is being read.
    std::optional<Progress> progress();

  private:
    struct Reading {
        std::string name;
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        std::chrono::steady_clock::time_point began;
    };
    std::vector<std::string> names() const;
    JudgedFile judge(const std::string& name, const std::string& stamp, Instant modified);
    bool is_settled(std::int64_t changed, Instant now) const;
    std::string how_far(const std::string& name);

    std::filesystem::path directory_;
    ForeignFiles files_;
    InspectionOptions options_;
    KnownFiles known_;
    std::mutex mutex_;
    std::optional<Reading> reading_;  ///< under the mutex
};

}  // namespace backupwatch
