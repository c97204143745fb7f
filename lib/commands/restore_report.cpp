#include "commands/restore_report.hpp"

#include "commands/kept_file.hpp"
#include "core/failure.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_reports = 50;
constexpr std::string_view ending = ".md";

/// `20261122T121200.123Z.md`: by name the oldest is the first.
std::string report_name(Instant now) {
    std::string name;
    for (const char c : to_rfc3339(now)) {
        if (c != '-' && c != ':') name += c;
    }
    return name + std::string(ending);
}

/// What no restore of the last years needs.
void remove_oldest(const fs::path& folder) {
    std::vector<fs::path> reports;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ending) reports.push_back(entry->path());
    }
    std::ranges::sort(reports);
    for (std::size_t i = 0; i + most_reports < reports.size(); ++i) fs::remove(reports[i], error);
}

}  // namespace

fs::path restore_report_file(const World& world, const std::string& database) {
    return world.settings.state_dir / "restores" / database / report_name(world.clock.now());
}

Task<std::string> keep_restore_report(World& world, fs::path file, std::string text) {
    auto keep = [file, text = std::move(text)] {
        write_for_all(file, text);
        remove_oldest(file.parent_path());
    };
    try {
        co_await world.pool.run(std::move(keep));
        co_return file.string();
    } catch (const Failure& failure) {
        co_return "not kept: " + std::string(failure.what());
    }
}

}  // namespace backupwatch
