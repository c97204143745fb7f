#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace backupwatch {

/// What a project's Prometheus text says, as far as it matters here. Every series may be missing:
/// what is absent is not zero.
struct ProjectMetrics {
    std::optional<std::uint64_t> disk_size;  ///< of `/data`, where the database lies
    std::optional<std::uint64_t> disk_available;
    std::optional<std::uint64_t> waiting_segments;  ///< of WAL, to be archived
};

/// Lines that are none of Prometheus's, as a page of HTML has them, are passed over.
ProjectMetrics parse_project_metrics(std::string_view text);

}  // namespace backupwatch
