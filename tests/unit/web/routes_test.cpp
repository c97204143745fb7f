#include "web/routes.hpp"

#include "core/failure.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace backupwatch {
namespace {

Task<std::string> metrics() {
    co_return "backupwatch_build_info 1\n";
}
Task<std::string> status() {
    co_return "{\"databases\":[]}";
}
Task<std::vector<std::string>> ready() {
    co_return std::vector<std::string>();
}
Task<std::vector<std::string>> not_ready() {
    co_return std::vector<std::string>(1, "the state is full");
}
Task<std::optional<std::string>> database(std::string name) {
    std::optional<std::string> found;
    if (name == "orders") found = "{\"name\":\"orders\"}";
    co_return found;
}
Task<std::optional<Views::Gate>> gate(std::string name, std::optional<Duration> max_age) {
    std::optional<Views::Gate> found;
    if (name == "shut") found = Views::Gate{false, "{\"open\":false}"};
    const std::string age = max_age ? to_text(*max_age) : "usual";
    if (name == "orders") found = Views::Gate{true, "{\"open\":true,\"" + age + "\":1}"};
    co_return found;
}
Task<> carry_nothing_out(WebRequest, BodyWriter&) {
    co_return;
}

Task<std::string> incidents() {
    co_return "{\"incidents\":[]}";
}

Views views() {
    return {&metrics, &ready, &status, &incidents, &database, &gate};
}

HttpResponse answer(const HttpHandler& handler, const char* method, const char* target) {
    asio::io_context loop(1);
    WebRequest request;
    request.method = method;
    request.target = target;
    return run_on(loop, handler(request));
}

TEST(Routes, serve_the_same_views_on_both_listeners) {
    struct Row {
        const char* target;
        int status;
        const char* content_type;
        const char* body;
    };
    const Row rows[] = {
        {"/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "backupwatch_build_info 1\n"},
        {"/metrics?x=1",
         200,
         "text/plain; version=0.0.4; charset=utf-8",
         "backupwatch_build_info 1\n"},
        {"/healthz", 200, "text/plain; charset=utf-8", "ok\n"},
        {"/readyz", 200, "application/json", "{\"ready\":true,\"reasons\":[]}\n"},
        {"/api/v1/status", 200, "application/json", "{\"databases\":[]}\n"},
        {"/api/v1/incidents", 200, "application/json", "{\"incidents\":[]}\n"},
        {"/api/v1/databases/orders", 200, "application/json", "{\"name\":\"orders\"}\n"},
        {"/api/v1/databases/users",
         404,
         "application/json",
         "{\"error\":\"no database \\\"users\\\" is watched\"}\n"},
        {"/api/v1/databases/",
         404,
         "application/json",
         "{\"error\":\"no database \\\"\\\" is watched\"}\n"},
        {"/api/v1/gate/orders", 200, "application/json", "{\"open\":true,\"usual\":1}\n"},
        {"/api/v1/gate/orders?max_age=6h", 200, "application/json", "{\"open\":true,\"6h\":1}\n"},
        {"/api/v1/gate/shut", 409, "application/json", "{\"open\":false}\n"},
        {"/api/v1/gate/users",
         404,
         "application/json",
         "{\"error\":\"no database \\\"users\\\" is watched\"}\n"},
        {"/api/v1/gate/orders?max_age=soon",
         400,
         "application/json",
         "{\"error\":\"ask with ?max_age=24h, or with nothing behind it\"}\n"},
        {"/api/v1/gate/orders?younger=6h",
         400,
         "application/json",
         "{\"error\":\"ask with ?max_age=24h, or with nothing behind it\"}\n"},
        {"/", 404, "application/json", "{\"error\":\"there is nothing at /\"}\n"},
        {"/metrics/", 404, "application/json", "{\"error\":\"there is nothing at /metrics/\"}\n"},
    };
    const HttpHandler handlers[] = {
        read_only_routes(views()), control_routes(views(), {{"drill"}, &carry_nothing_out})};
    for (const HttpHandler& handler : handlers) {
        for (const Row& row : rows) {
            const HttpResponse response = answer(handler, "GET", row.target);
            EXPECT_EQ(response.status, row.status) << row.target;
            EXPECT_EQ(response.content_type, row.content_type) << row.target;
            EXPECT_EQ(response.body, row.body) << row.target;
            EXPECT_EQ(answer(handler, "HEAD", row.target).status, row.status) << row.target;
        }
    }
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// `/api/v1/gate/` of `https://ops.example.com/api/v1/gate/shop?max_age=24h`.
std::set<std::string> api_paths_in(const std::string& text) {
    const std::string prefix = "/api/v1/";
    std::set<std::string> paths;
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
        std::size_t end = at + prefix.size();
        while (end < text.size() && std::islower(static_cast<unsigned char>(text[end])) != 0) ++end;
        if (end < text.size() && text[end] == '/') ++end;
        paths.insert(text.substr(at, end - at));
    }
    return paths;
}

TEST(Routes, are_those_that_are_documented) {
    const std::filesystem::path folder = SOURCE_DIR;
    const std::string readme = text_of(folder / "README.md");
    for (const std::string_view path : served_paths) {
        const bool is_of_api = path.starts_with("/api/");
        EXPECT_TRUE(
            is_of_api ? api_paths_in(readme).contains(std::string(path))
                      : readme.find(std::string(path) + "`") != std::string::npos
        ) << path
          << " is not in README.md";
    }
    std::vector<std::filesystem::path> files{folder / "README.md"};
    for (const auto& entry : std::filesystem::directory_iterator(folder / "docs")) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    for (const auto& file : files) {
        for (const std::string& path : api_paths_in(text_of(file))) {
            EXPECT_NE(std::ranges::find(served_paths, path), served_paths.end())
                << path << " of " << file << " is not served";
        }
    }
    EXPECT_EQ(api_paths_in("GET /api/v1/gate/shop?x, /api/v1/x.").size(), 2U);
}

TEST(Routes, say_why_the_daemon_is_not_ready) {
    Views full = views();
    full.not_ready = &not_ready;

    const HttpResponse response = answer(read_only_routes(full), "GET", "/readyz");

    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "{\"ready\":false,\"reasons\":[\"the state is full\"]}\n");
}

TEST(Routes, refuse_methods_that_a_target_does_not_know) {
    const HttpHandler control = control_routes(views(), {{"drill"}, &carry_nothing_out});

    const HttpResponse posted = answer(control, "POST", "/metrics");
    EXPECT_EQ(posted.status, 405);
    EXPECT_EQ(posted.allow, "GET, HEAD");
    EXPECT_FALSE(posted.body.empty());

    const HttpResponse read = answer(control, "GET", "/v1/commands/drill");
    EXPECT_EQ(read.status, 405);
    EXPECT_EQ(read.allow, "POST");
}

TEST(Routes, take_commands_on_the_control_socket_only) {
    const HttpHandler control = control_routes(views(), {{"drill"}, &carry_nothing_out});

    const HttpResponse accepted = answer(control, "POST", "/v1/commands/drill");
    EXPECT_EQ(accepted.status, 200);
    EXPECT_EQ(accepted.content_type, "application/x-ndjson");
    EXPECT_TRUE(accepted.stream);
    EXPECT_EQ(answer(control, "POST", "/v1/commands/dance").status, 404);

    const HttpResponse refused = answer(read_only_routes(views()), "POST", "/v1/commands/drill");
    EXPECT_EQ(refused.status, 404);
    EXPECT_FALSE(refused.stream);
}

}  // namespace
}  // namespace backupwatch
