#pragma once
#include <filesystem>
#include <optional>
#include <utility>

namespace backupwatch {

/// An exclusive lock on a file (flock): gone with its owner, however that ends.
class FileLock {
  public:
    /// Nothing where someone else holds it. Creates the file, 0600, and its folder, 0711.
    /// Throws Failure where that cannot be done.
    static std::optional<FileLock> try_acquire(const std::filesystem::path& file);

    /// Whether someone holds it now. Creates nothing; what may not be looked at counts as free.
    static bool is_held(const std::filesystem::path& file);

    FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileLock& operator=(FileLock&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~FileLock();

  private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_ = -1;
};

}  // namespace backupwatch
