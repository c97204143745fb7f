#pragma once
#include "unit/deliver/seam.hpp"

#include <algorithm>
#include <fstream>

namespace backupwatch {

inline constexpr int fleet = 10'000;

/// What the process holds in memory, in bytes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t most_memory =
    1'600'000'000;  // shadows, and what is freed is kept a while
#else
inline constexpr std::size_t most_memory = 400'000'000;
#endif

inline std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

struct Received {
    std::vector<std::string> contents;
    std::vector<Duration> times;
};

inline Received received_by(const DeliverySeam& seam, const std::string& host) {
    Received received;
    for (const auto& sent : seam.network.sent) {
        if (sent.to != host) continue;
        received.contents.push_back(sent.content);
        received.times.push_back(sent.at);
    }
    return received;
}

/// The severity in the order in which PagerDuty was called.
inline std::vector<std::string> severities_of(const Received& events) {
    std::vector<std::string> severities;
    for (const std::string& event : events.contents) {
        severities.push_back(text_at(parsed(event), "/payload/severity"));
    }
    return severities;
}

inline std::size_t most_within_a_minute(const std::vector<Duration>& times) {
    std::size_t most = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto end =
            std::upper_bound(times.begin(), times.end(), times[i] + std::chrono::minutes(1));
        most = std::max(most, static_cast<std::size_t>(end - times.begin()) - i);
    }
    return most;
}

/// That each is named; which are not, in the failure.
inline void expect_all_named(
    const std::vector<std::string>& contents, const std::vector<Notice>& all
) {
    std::set<std::string> missing;
    for (const Notice& notice : all) missing.insert(notice.key.database);
    for (const std::string& content : contents) {
        const std::string begin = "customer-";
        for (auto at = content.find(begin); at != content.npos; at = content.find(begin, at + 1)) {
            missing.erase(content.substr(at, begin.size() + 5));
        }
    }
    EXPECT_EQ(missing.size(), 0U) << "first: " << (missing.empty() ? "" : *missing.begin());
}

}  // namespace backupwatch
