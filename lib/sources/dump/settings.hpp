#pragma once
#include "sources/foreign/settings.hpp"
#include "sources/set_settings.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// What `source: dump` alone wants to know.
struct DumpSettings : SourceSettings {
    int jobs = 2;
    std::vector<std::string> exclude_tables;  ///< what NamePattern reads
    Duration lock_timeout = std::chrono::seconds(10);
    ForeignFiles foreign;  ///< where nothing is taken: which dumps of others are watched
};

/// The keys of `source: dump`, whose set.own is a DumpSettings.
void describe_dump(Section& section, SetSettings& set);

}  // namespace backupwatch
