#pragma once
#include "async/task.hpp"
#include "core/progress.hpp"
#include "web/http_message.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace backupwatch {

class World;

/// Carries out a verb, the request's target, for someone on the control socket: lines of progress,
/// a few a second, and of news, then the reply as the last line. A client that goes ends the work.
Task<> stream_command(std::shared_ptr<World> world, WebRequest request, BodyWriter& lines);

/// A line of progress, or of what a verb had its asker hear, read back; nothing for any other line.
std::optional<Progress> parse_progress(std::string_view line);
std::optional<boost::json::object> parse_news(std::string_view line);

}  // namespace backupwatch
