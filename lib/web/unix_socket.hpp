#pragma once
#include <sys/types.h>

#include <filesystem>

namespace backupwatch {

/// The name of a listening Unix socket: taken on construction, given back at the end.
class UnixSocketName {
  public:
    /// Binds and listens on `path`, with mode 0660 from its first moment. Replaces a file on which
    /// nobody answers. Throws Failure (rejected: somebody does; denied; missing: no such folder).
    explicit UnixSocketName(std::filesystem::path path);
    /// Removes the file, unless it is another's by now.
    ~UnixSocketName();
    UnixSocketName(const UnixSocketName&) = delete;
    UnixSocketName& operator=(const UnixSocketName&) = delete;

    /// The listening descriptor, once; whoever takes it closes it.
    int release();

  private:
    std::filesystem::path path_;
    int descriptor_ = -1;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace backupwatch
