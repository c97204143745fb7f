#pragma once
#include "core/secret.hpp"
#include "sources/foreign/settings.hpp"
#include "sources/set_settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// On whose platform the database runs, of which parts are not the user's.
enum class DumpPreset { none, supabase };
Parsed<DumpPreset> parse_value(std::string_view text, As<DumpPreset>);

/// What `source: dump` alone wants to know.
struct DumpSettings : SourceSettings {
    int jobs = 2;
    std::vector<std::string> exclude_tables;  ///< what NamePattern reads
    std::optional<DumpPreset> preset;         ///< none: as the URL says
    Duration lock_timeout = std::chrono::seconds(10);
    ForeignFiles foreign;  ///< where nothing is taken: which dumps of others are watched
};

/// The keys of `source: dump`, whose set.own is a DumpSettings.
void describe_dump(Section& section, SetSettings& set);

/// Whether the database is one of a project of Supabase's: by the key `preset`, or by its URL.
bool is_of_supabase(const DumpSettings& dump, const Secret& url);

}  // namespace backupwatch
