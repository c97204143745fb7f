#pragma once
#include "async/task.hpp"
#include "core/progress.hpp"
#include "web/http_message.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace backupwatch {

class World;

/// Carries out a verb for someone on the control socket: lines of progress, a few a second, then
/// the reply as the last line. A client that goes ends the work.
Task<> stream_command(
    std::shared_ptr<World> world, std::string verb, std::string body, BodyWriter& lines
);

/// A line of progress, read back; nothing for any other line.
std::optional<Progress> parse_progress(std::string_view line);

}  // namespace backupwatch
