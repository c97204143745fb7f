#pragma once
#include "core/failure.hpp"
#include "process/process.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

/// What `error` (an errno) means for `operation` on `path`: a full disk is exhausted, and so on.
Failure file_failure(std::string_view operation, const std::filesystem::path& path, int error);
/// The same of reading: there EIO is a sector that cannot be read, and the file is corrupt. Of
/// writing it says nothing about what lies there.
Failure read_failure(std::string_view operation, const std::filesystem::path& path, int error);

/// Of the name itself: links are not followed. Throws where it cannot be told.
std::filesystem::file_status status_of(const std::filesystem::path& path);

/// An open file. Blocking: for threads of the pool. Links are never followed; all verbs throw
/// Failure.
class File {
  public:
    /// Throws Failure::corrupt for what is no ordinary file: a link, a pipe, a folder.
    static File open(const std::filesystem::path& path);
    /// To read, and to give back the space of what was read.
    static File open_to_consume(const std::filesystem::path& path);
    /// New, 0600; belongs to `owner` if there is one.
    static File create(
        const std::filesystem::path& path, const std::optional<User>& owner = std::nullopt
    );

    File(File&& other) noexcept;
    File& operator=(File&&) = delete;
    ~File();

    int descriptor() const { return descriptor_; }
    std::uint64_t size() const;
    /// The bytes at the current position, at most `size` of them; 0 at the end.
    std::size_t read(char* buffer, std::size_t size);
    void write(std::string_view bytes);
    void sync();
    /// Has what was written so far on its way to the disk, so that sync() need not wait for all of
    /// it. Returns at once, and promises nothing.
    void begin_sync() const;
    /// Gives the space of these bytes back to the file system, where it can.
    void forget(std::uint64_t begin, std::uint64_t end) const;

  private:
    File(std::filesystem::path path, int descriptor);

    std::filesystem::path path_;
    int descriptor_;
};

/// The whole of a file of at most `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit);
/// A new file of ours, durable when this returns.
void write_file(const std::filesystem::path& path, std::string_view text);
void make_private_folder(
    const std::filesystem::path& folder, const std::optional<User>& owner = std::nullopt
);
/// Bytes that we may still write below `folder`.
std::uint64_t free_space(const std::filesystem::path& folder);

}  // namespace backupwatch
