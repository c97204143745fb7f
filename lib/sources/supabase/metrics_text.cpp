#include "sources/supabase/metrics_text.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace backupwatch {
namespace {

struct Sample {
    std::string_view name;
    std::string_view labels;  ///< between the braces
    double value = 0;
};

/// Where the braces that open at `from` close, quotes minded; npos: nowhere.
std::size_t end_of_labels(std::string_view line, std::size_t from) {
    bool is_quoted = false;
    for (std::size_t at = from; at < line.size(); ++at) {
        if (is_quoted && line[at] == '\\') {
            ++at;
        } else if (line[at] == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && line[at] == '}') {
            return at;
        }
    }
    return std::string_view::npos;
}

std::optional<Sample> read_sample(std::string_view line) {
    if (line.empty() || line.front() == '#') return std::nullopt;
    Sample sample;
    std::size_t end = line.find_first_of("{ ");
    if (end == std::string_view::npos) return std::nullopt;
    sample.name = line.substr(0, end);
    if (line[end] == '{') {
        const std::size_t close = end_of_labels(line, end + 1);
        if (close == std::string_view::npos) return std::nullopt;
        sample.labels = line.substr(end + 1, close - end - 1);
        end = close + 1;
    }
    std::string_view rest = line.substr(end);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto [stopped, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), sample.value);
    // NaN is no number, and so is what stands before anything but a time stamp.
    const bool is_whole =
        stopped == rest.data() + rest.size() || *stopped == ' ' || *stopped == '\r';
    if (error != std::errc() || !is_whole || !std::isfinite(sample.value)) return std::nullopt;
    return sample;
}

bool has_label(const Sample& sample, std::string_view label) {
    const auto at = sample.labels.find(label);
    if (at == std::string_view::npos) return false;
    return at == 0 || sample.labels[at - 1] == ',' || sample.labels[at - 1] == ' ';
}

std::optional<std::uint64_t> count_of(double value) {
    constexpr double most = 1e18;
    if (value < 0 || value > most) return std::nullopt;
    return static_cast<std::uint64_t>(value);
}

}  // namespace

ProjectMetrics parse_project_metrics(std::string_view text) {
    ProjectMetrics metrics;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto sample = read_sample(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!sample) continue;
        if (sample->name == "pg_ls_archive_statusdir_wal_pending_count") {
            metrics.waiting_segments = count_of(sample->value);
        }
        if (!has_label(*sample, "mountpoint=\"/data\"")) continue;
        if (sample->name == "node_filesystem_size_bytes") {
            metrics.disk_size = count_of(sample->value);
        } else if (sample->name == "node_filesystem_avail_bytes") {
            metrics.disk_available = count_of(sample->value);
        }
    }
    return metrics;
}

}  // namespace backupwatch
