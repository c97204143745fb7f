#pragma once
#include "config/error.hpp"
#include "config/section.hpp"
#include "core/check/checks.hpp"
#include "core/check/readiness.hpp"
#include "core/secret.hpp"
#include "core/wording/runbook_settings.hpp"
#include "deliver/heartbeat_settings.hpp"
#include "drill/settings.hpp"
#include "sources/set_settings.hpp"
#include "watch/alert_settings.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace backupwatch {

/// Where the HTTP server listens: an address or `localhost`, and a port; 0: any that is free.
struct ListenAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 9856;

    bool is_loopback() const;
};
Parsed<ListenAddress> parse_value(std::string_view text, As<ListenAddress>);

enum class LogLevel { debug, info, warning, error };
Parsed<LogLevel> parse_value(std::string_view text, As<LogLevel>);

enum class DiskSource {
    filesystem,  ///< of this host
    database,    ///< pg_database_size() of all databases against a capacity
    supabase     ///< as the database's set of that source tells it
};
Parsed<DiskSource> parse_value(std::string_view text, As<DiskSource>);

struct DiskSettings {
    DiskSource source = DiskSource::filesystem;
    std::filesystem::path path;  ///< of `filesystem`
    Bytes capacity;              ///< of `database`
    Duration poll = std::chrono::minutes(5);
    Percent warning{0.80};
    Percent critical{0.90};
    Duration forecast = std::chrono::hours(24 * 7);

    DiskPolicy policy() const { return {warning.ratio, critical.ratio, forecast}; }
};

/// A backup set, and whether and how it is drilled.
struct BackupSetSettings : SetSettings {
    std::optional<DrillSettings> drill;
};

/// Success metrics: shown by `readiness`, never an alert.
struct TargetSettings {
    Duration restore = std::chrono::minutes(5);
    std::optional<Bytes> size;  ///< none: whatever it is
    Percent disk_free{0.50};
    Percent success_rate{1.00};

    Targets targets() const;
};

struct DatabaseSettings {
    std::string name;
    Secret url;  ///< libpq's; empty: not needed
    std::vector<BackupSetSettings> backups;
    std::optional<DiskSettings> disk;
    TargetSettings targets;
    std::optional<RunbookSettings> runbook;  ///< none: it is written when asked for alone
};

/// How much is worked on at a time.
struct Concurrency {
    int dumps = 1;
    int drills = 1;
    int checks = 32;
};

/// Where `restore` may put a backup: a new database, whose name the URL says.
struct RestoreTarget {
    std::string name;
    Secret url;
};

/// Where it is looked for, unless somebody names another file.
inline constexpr const char* usual_configuration = "/etc/backupwatch/config.yaml";

/// The whole configuration, complete and free of contradictions.
struct Settings {
    std::filesystem::path file;  ///< that says so
    std::filesystem::path state_dir = "/var/lib/backupwatch";
    std::filesystem::path control_socket = "/run/backupwatch/control.sock";
    ListenAddress listen;
    std::filesystem::path work_dir;  ///< default: `work` in state_dir
    Concurrency concurrency;
    Duration spread{0};
    LogLevel log_level = LogLevel::info;
    std::vector<DatabaseSettings> databases;  ///< at least one
    std::vector<RestoreTarget> restore_targets;
    AlertSettings alerts;
    std::optional<HeartbeatSettings> heartbeat;
    std::vector<Secret> secrets;  ///< of all keys: what no program's words may show
};

void describe(Section& section, DiskSettings& disk);
void describe(Section& section, BackupSetSettings& set);
void describe(Section& section, TargetSettings& targets);
void describe(Section& section, DatabaseSettings& database);
void describe(Section& section, Concurrency& concurrency);
void describe(Section& section, RestoreTarget& target);
void describe(Section& section, Settings& settings);

/// The configuration, or all that is wrong with it. Blocks; reads the file, what it includes and
/// what its references name, and nothing else.
std::variant<Settings, ConfigErrors> load_settings(const std::filesystem::path& file);

/// Whom `tell` can tell, though the configuration is bad: that is perhaps what is to be told.
struct ReachableNotifiers {
    std::filesystem::path state_dir;
    AlertSettings alerts;  ///< each notifier without an error of its own, and nothing else
    ConfigErrors errors;   ///< why the others cannot be told
};

/// Resolves what notifiers need, and bears whatever else is wrong. Of what is no YAML nothing is
/// known. Blocks; reads the file, none that it includes.
ReachableNotifiers read_notifiers(const std::filesystem::path& file);

/// Where the daemon that runs with this file is reached. Resolves no other reference and bears
/// anything else that is wrong: a daemon runs on when its file is broken later.
std::filesystem::path read_control_socket(const std::filesystem::path& file);

}  // namespace backupwatch
