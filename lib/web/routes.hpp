#pragma once
#include "async/task.hpp"
#include "core/time/time.hpp"
#include "web/http_message.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What both listeners show. Documents are JSON; each callback may throw Failure (503).
struct Views {
    std::function<Task<std::string>()> metrics;  ///< Prometheus text
    /// Why not everything is ready; none: it is.
    std::function<Task<std::vector<std::string>>()> not_ready;
    std::function<Task<std::string>()> status;
    std::function<Task<std::string>()> incidents;
    /// Nothing for a database that is not watched.
    std::function<Task<std::optional<std::string>>(std::string name)> database;
    struct Gate {
        bool is_open = false;
        std::string document;
    };
    /// The same; `max_age`: of the backup that is asked for, none: as usual.
    std::function<Task<std::optional<Gate>>(std::string name, std::optional<Duration> max_age)>
        gate{};
};

/// What the control socket does besides: `POST /v1/commands/VERB`, JSON in, lines of JSON out.
struct Commands {
    std::vector<std::string> verbs;
    /// The target of the request is the verb.
    std::function<Task<>(WebRequest request, BodyWriter& lines)> carry_out;
};

/// What both listeners serve; behind a `/` stands the name of a database.
inline constexpr std::array<std::string_view, 7> served_paths{
    "/metrics",
    "/healthz",
    "/readyz",
    "/api/v1/status",
    "/api/v1/incidents",
    "/api/v1/databases/",
    "/api/v1/gate/"};

/// For TCP: GET and HEAD only.
HttpHandler read_only_routes(Views views);
HttpHandler control_routes(Views views, Commands commands);

}  // namespace backupwatch
