#pragma once
#include "config/section.hpp"
#include "core/secret.hpp"
#include "core/time/time.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <string>

namespace backupwatch {

/// Who notices when we die: something that speaks the ping protocol of Healthchecks.
struct HeartbeatSettings {
    Secret url;
    Duration every = std::chrono::minutes(5);
    NetworkSettings network;
};

void describe(Section& section, HeartbeatSettings& heartbeat);

/// Where it is said that something is wrong: `/fail` behind the path.
std::string fail_url(const std::string& url);

}  // namespace backupwatch
