#pragma once
#include "async/task.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/types.h>
#include <termios.h>

#include <filesystem>
#include <string>
#include <vector>

namespace backupwatch {

/// A program that has our terminal, our standard input and output, our folder and our group: what
/// is typed, and Ctrl-C, go to it. It ends with us. Its environment is ours but for what would have
/// libpq connect to somewhere else.
class Foreground {
  public:
    /// Throws Failure where it cannot be started.
    Foreground(
        const asio::any_io_executor& executor,
        const std::filesystem::path& program,
        std::vector<std::string> arguments
    );
    /// One that still runs, and what it has started (a pager), is ended; the terminal is as it was
    /// before.
    ~Foreground();
    Foreground(const Foreground&) = delete;
    Foreground& operator=(const Foreground&) = delete;

    /// Returns its exit code when it has ended, that of a signal as a shell has it: 128 and more.
    Task<int> wait();

  private:
    void give_terminal_back() const;

    pid_t pid_ = -1;
    asio::posix::stream_descriptor handle_;
    bool has_terminal_ = false;
    termios before_{};
};

}  // namespace backupwatch
