#pragma once
#include "core/time/time.hpp"
#include "watch/settings.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// What a valid configuration means, and what it lacks.
struct ConfigReport {
    struct Plan {
        std::string database;
        std::string set;
        std::string kind;           ///< take | check | drill
        std::string schedule;       ///< as written, or after_backup
        std::vector<Instant> next;  ///< when three slots begin; none: after_backup
    };
    std::vector<Plan> plans;
    std::vector<std::string> advice;  ///< one sentence each; changes no exit code
};

/// Pure.
ConfigReport report_config(const Settings& settings, Instant now);

struct CheckConfigReply {
    int exit_code = 0;  ///< 0, or 78: bad configuration
    std::string output;
    std::string errors;                ///< a line each
    boost::json::object json;          ///< output and errors, for programs
    std::optional<Settings> settings;  ///< of a valid configuration
};

/// Blocks; reads the configuration and touches no database, network or data folder.
CheckConfigReply check_config(const std::filesystem::path& file, Instant now);

}  // namespace backupwatch
