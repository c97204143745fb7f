#include "documents.hpp"

#include "commands/command.hpp"
#include "commands/verbs.hpp"
#include "json/text.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

// Each keeps its world, which a reload may replace meanwhile.

Task<std::string> status_document(std::shared_ptr<World> world) {
    const auto document = co_await status_json(*world);
    co_return json_text(document);
}

Task<std::string> incidents_document(std::shared_ptr<World> world) {
    co_return json_text(incidents_json(*world));
}

Task<std::optional<std::string>> database_document(std::shared_ptr<World> world, std::string name) {
    const auto document = co_await database_json(*world, std::move(name));
    if (document.empty()) co_return std::nullopt;
    co_return json_text(document);
}

Task<std::optional<Views::Gate>> gate_document(
    std::shared_ptr<World> world, std::string name, Duration max_age
) {
    const auto document = co_await gate_json(*world, std::move(name), max_age);
    if (document.empty()) co_return std::nullopt;
    Views::Gate gate;
    gate.is_open = document.at("open").as_bool();
    gate.document = json_text(document);
    co_return gate;
}

}  // namespace

void show_documents(Views& views, const App& app) {
    views.status = [&app] { return status_document(app.world); };
    views.incidents = [&app] { return incidents_document(app.world); };
    views.database = [&app](std::string name) {
        return database_document(app.world, std::move(name));
    };
    views.gate = [&app](std::string name, std::optional<Duration> max_age) {
        return gate_document(app.world, std::move(name), max_age.value_or(usual_max_age));
    };
}

}  // namespace backupwatch
