#pragma once
#include "async/pool.hpp"
#include "async/task.hpp"
#include "sources/dump/file_packer.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace backupwatch {

/// Packs the data files of a directory-format archive while pg_dump writes them. Its state lives
/// on the loop; the pool gets a few MiB of one file at a time. Memory is bounded by the number of
/// workers, whatever the size of the dump.
class ArchivePacker {
  public:
    using OnProgress = std::function<void(std::uint64_t bytes, std::uint64_t files)>;

    /// `folder` exists and is empty: pg_dump is not started yet.
    ArchivePacker(std::filesystem::path folder, Pool& pool, OnProgress on_progress);
    ~ArchivePacker();
    ArchivePacker(const ArchivePacker&) = delete;
    ArchivePacker& operator=(const ArchivePacker&) = delete;

    /// One of the workers: returns when the writer has ended and every file is packed.
    Task<> work();
    /// pg_dump has ended: what is there is all there will be.
    Task<> writer_ended();

    /// By the name of the raw file: `3412.dat`. Once, when every worker has returned.
    std::map<std::string, PackedFile> take_files() { return std::move(files_); }

  private:
    Task<> pack(std::string name);
    void read_events();
    void found(const std::string& name);

    std::filesystem::path folder_;
    Pool& pool_;
    OnProgress on_progress_;
    int events_;  ///< inotify: files that were created, or closed by pg_dump
    bool writer_ended_ = false;
    std::deque<std::string> waiting_;
    std::set<std::string> known_;
    std::set<std::string> closed_;
    std::map<std::string, PackedFile> files_;
    std::uint64_t bytes_ = 0;
};

}  // namespace backupwatch
