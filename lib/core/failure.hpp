#pragma once
#include <stdexcept>
#include <string>
#include <utility>

namespace backupwatch {

/// The world failed: a socket, a disk, a child process, a file of someone else's.
/// Thrown at the adapter that noticed, with operation, object and cause in one lower-case sentence;
/// caught once per unit of work and turned into data. A domain outcome is never thrown.
class Failure : public std::runtime_error {
  public:
    enum class Kind {
        unreachable,  ///< no connection, or lost in the middle
        timeout,      ///< a deadline passed
        denied,       ///< authentication or a missing right
        rejected,     ///< the other side understood, and said no
        corrupt,      ///< bytes are not what they should be: proof of damage
        usage,        ///< what was asked for makes no sense: a target that is not there
        missing,      ///< a file, a program, a package that should be here is not
        exhausted,    ///< no disk, no memory, no file descriptors
        cancelled,    ///< whoever asked is gone, or the daemon stops
        internal,     ///< a program of ours misbehaved
    };

    Failure(Kind kind, const std::string& message, std::string hint = {})
        : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}

    Kind kind() const { return kind_; }
    /// One sentence that names one action, or empty.
    const std::string& hint() const { return hint_; }

    /// What other work fails by as well, where that is known: Cause::name, or empty.
    const std::string& cause() const { return cause_; }
    void blame(std::string cause) { cause_ = std::move(cause); }

  private:
    Kind kind_;
    std::string hint_;
    std::string cause_;
};

}  // namespace backupwatch
