#include "core/backup/project_webhooks.hpp"

namespace backupwatch {

std::vector<std::string> project_webhooks(const Manifest& manifest) {
    constexpr const char* call = " supabase_functions.http_request(";
    std::vector<std::string> names;
    for (const SchemaObject& object : manifest.schema) {
        if (object.kind != "trigger" || object.definition.find(call) == std::string::npos) continue;
        names.push_back(object.name);
    }
    return names;
}

}  // namespace backupwatch
