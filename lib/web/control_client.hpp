#pragma once
#include "async/task.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace backupwatch {

/// Has the running daemon carry out `verb`, with `body` as its JSON. `on_line` hears each
/// line as it comes; the last, the result, is returned as well. Cancelling it cancels the work.
/// Throws Failure: missing (nobody listens on `socket`), timeout (no answer within 5 s),
/// unreachable (the daemon ended in the midst of it), rejected (the daemon knows no such verb),
/// denied.
Task<std::string> command_daemon(
    std::filesystem::path socket,
    std::string verb,
    std::string body,
    std::function<void(const std::string&)> on_line
);

}  // namespace backupwatch
