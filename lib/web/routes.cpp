#include "web/routes.hpp"

#include "json/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::string_view database_prefix = "/api/v1/databases/";
constexpr std::string_view gate_prefix = "/api/v1/gate/";
constexpr std::string_view max_age_query = "max_age=";
constexpr std::string_view command_prefix = "/v1/commands/";
constexpr auto metrics_type = "text/plain; version=0.0.4; charset=utf-8";

HttpResponse document(std::string json) {
    HttpResponse response;
    response.body = std::move(json);
    if (!response.body.ends_with('\n')) response.body += '\n';
    return response;
}

HttpResponse text(std::string body, const char* content_type) {
    HttpResponse response;
    response.content_type = content_type;
    response.body = std::move(body);
    return response;
}

HttpResponse not_allowed(const std::string& allow) {
    HttpResponse response = error_response(405, "this can only be asked with " + allow);
    response.allow = allow;
    return response;
}

/// One for all requests, copied into the handler.
class Router {
  public:
    Router(Views views, std::optional<Commands> commands)
        : views_(std::move(views)), commands_(std::move(commands)) {}

    Task<HttpResponse> operator()(WebRequest request) const {
        const std::size_t end = std::min(request.target.find('?'), request.target.size());
        const std::string path = request.target.substr(0, end);
        const std::string query = request.target.substr(std::min(end + 1, request.target.size()));
        if (commands_ && path.starts_with(command_prefix)) co_return command(std::move(request));
        if (!is_known(path)) co_return error_response(404, "there is nothing at " + path);
        if (request.method != "GET" && request.method != "HEAD") co_return not_allowed("GET, HEAD");
        if (path.starts_with(gate_prefix)) co_return co_await gate(path, query);
        co_return co_await view(path);
    }

  private:
    static bool is_known(const std::string& path) {
        return std::ranges::any_of(served_paths, [&](std::string_view served) {
            return served.ends_with('/') ? path.starts_with(served) : path == served;
        });
    }

    Task<HttpResponse> view(std::string path) const {
        if (path == "/healthz") co_return text("ok\n", "text/plain; charset=utf-8");
        if (path == "/readyz") co_return co_await readiness();
        if (path == "/metrics") {
            std::string metrics = co_await views_.metrics();
            co_return text(std::move(metrics), metrics_type);
        }
        if (path == "/api/v1/status") {
            std::string status = co_await views_.status();
            co_return document(std::move(status));
        }
        if (path == "/api/v1/incidents") {
            std::string incidents = co_await views_.incidents();
            co_return document(std::move(incidents));
        }
        // Names of databases need no escapes in a URL (DESIGN 2.1), so none are undone.
        std::string name = path.substr(database_prefix.size());
        auto found = co_await views_.database(name);
        if (!found) co_return error_response(404, "no database \"" + name + "\" is watched");
        co_return document(std::move(*found));
    }

    /// A question that is not understood is no question without conditions.
    Task<HttpResponse> gate(std::string path, std::string query) const {
        std::optional<Duration> max_age;
        if (!query.empty()) {
            const bool is_known = query.starts_with(max_age_query);
            if (is_known) max_age = parse_duration(query.substr(max_age_query.size()));
            if (!max_age) {
                co_return error_response(400, "ask with ?max_age=24h, or with nothing behind it");
            }
        }
        std::string name = path.substr(gate_prefix.size());
        auto found = co_await views_.gate(name, max_age);
        if (!found) co_return error_response(404, "no database \"" + name + "\" is watched");
        HttpResponse response = document(std::move(found->document));
        if (!found->is_open) response.status = 409;
        co_return response;
    }

    Task<HttpResponse> readiness() const {
        const auto reasons = co_await views_.not_ready();
        boost::json::array list;
        for (const std::string& reason : reasons) list.emplace_back(reason);
        const bool ready = reasons.empty();
        const boost::json::object answer{{"ready", ready}, {"reasons", std::move(list)}};
        HttpResponse response = document(json_text(answer));
        if (!ready) response.status = 503;
        co_return response;
    }

    HttpResponse command(WebRequest request) const {
        std::string verb = request.target.substr(command_prefix.size());
        const auto& verbs = commands_->verbs;
        if (std::find(verbs.begin(), verbs.end(), verb) == verbs.end()) {
            return error_response(404, "no command \"" + verb + "\" is known");
        }
        if (request.method != "POST") return not_allowed("POST");
        HttpResponse response;
        response.content_type = "application/x-ndjson";
        request.target = std::move(verb);
        response.stream = [this, request = std::move(request)](BodyWriter& lines) {
            return commands_->carry_out(request, lines);
        };
        return response;
    }

    Views views_;
    std::optional<Commands> commands_;
};

}  // namespace

HttpHandler read_only_routes(Views views) {
    return Router(std::move(views), std::nullopt);
}

HttpHandler control_routes(Views views, Commands commands) {
    return Router(std::move(views), std::move(commands));
}

}  // namespace backupwatch
