#include "deliver/heartbeat_settings.hpp"

#include "net/settings.hpp"

#include <algorithm>

namespace backupwatch {

using namespace std::chrono_literals;

void describe(Section& section, HeartbeatSettings& heartbeat) {
    section.key("url", heartbeat.url, "the ping URL of the check")
        .required()
        .must([](const Secret& url) { return is_endpoint(url.reveal()); }, endpoint_rule);
    // A ping and its tries end within a minute, and more than five a minute may be dropped.
    section.key("every", heartbeat.every, "how often it is pinged").at_least(1min).at_most(24h);
    describe_network(section, heartbeat.network);
}

std::string fail_url(const std::string& url) {
    const auto end = std::min(url.find_first_of("?#"), url.size());
    std::string path = url.substr(0, end);
    while (path.ends_with('/')) path.pop_back();
    return path + "/fail" + url.substr(end);
}

}  // namespace backupwatch
