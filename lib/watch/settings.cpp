#include "watch/settings.hpp"

#include "config/document.hpp"
#include "config/name.hpp"
#include "watch/runbook_settings.hpp"
#include "watch/settings_rules.hpp"

#include <sys/un.h>

#include <algorithm>
#include <utility>

namespace backupwatch {

using namespace std::chrono_literals;

Parsed<LogLevel> parse_value(std::string_view text, As<LogLevel>) {
    return parse_choice<LogLevel>(
        text,
        {{"debug", LogLevel::debug},
         {"info", LogLevel::info},
         {"warning", LogLevel::warning},
         {"error", LogLevel::error}}
    );
}

Parsed<DiskSource> parse_value(std::string_view text, As<DiskSource>) {
    return parse_choice<DiskSource>(
        text,
        {{"filesystem", DiskSource::filesystem},
         {"database", DiskSource::database},
         {"supabase", DiskSource::supabase}}
    );
}

namespace {

/// The mappings `http` and `log`, which hold one key each.
struct Http {
    ListenAddress& listen;
};
struct Log {
    LogLevel& level;
};

void describe(Section& section, Http& http) {
    section.key("listen", http.listen, "where metrics and status are served, as host:port");
}

void describe(Section& section, Log& log) {
    section.key("level", log.level, "debug, info, warning or error");
}

void require_a_database(const Node& root, const Settings& settings, ConfigErrors& errors) {
    const Node* databases = root.find("databases");
    const bool is_list = databases != nullptr && databases->kind == Node::Kind::list;
    const bool has_another_error = (databases != nullptr && !is_list) ||
                                   // Perhaps it is in the file that could not be read.
                                   (root.find("include") != nullptr && !errors.empty());
    if (!settings.databases.empty() || has_another_error) return;
    const Mark& mark = databases ? databases->mark : root.mark;
    errors.push_back({mark, "no database: list at least one in databases"});
}

bool fits_a_socket(const std::filesystem::path& path) {
    return path.native().size() < sizeof(sockaddr_un::sun_path);
}

const std::string socket_rule = "is too long for a socket: at most 107 bytes";

const std::string libpq_rule = "must be a libpq URL, such as postgresql://user@host/database";

bool is_libpq(const Secret& url) {
    const std::string& text = url.reveal();
    return text.starts_with("postgresql://") || text.starts_with("postgres://") ||
           text.find('=') != std::string::npos;
}

ConfigError not_notifiers(const Node& node, Node::Kind kind) {
    return {
        node.mark,
        "notifiers: must be " + std::string(kind_in_words(kind)) + ", not " +
            std::string(kind_in_words(node.kind))};
}

}  // namespace

void describe(Section& section, DiskSettings& disk) {
    const bool has_source =
        section.key("source", disk.source, "filesystem, database or supabase").required().is_read();
    section.key("path", disk.path, "filesystem: a folder on it");
    section.key("capacity", disk.capacity, "database: how much it may hold").at_least(Bytes{1});
    section.key("poll", disk.poll, "how often it is looked at").at_least(1s);
    section.key("warning", disk.warning, "fuller than this is a warning");
    section.key("critical", disk.critical, "fuller than this is critical");
    section.key("forecast", disk.forecast, "a warning when it will be full within");
    if (has_source) check_disk_source(section, disk);
    check_disk_thresholds(section, disk);
}

void describe(Section& section, BackupSetSettings& set) {
    describe(section, static_cast<SetSettings&>(set));
    section.section("drill", set.drill, "the test restore");
    check_can_be_drilled(section, set);
    settle_max_age(section, set);
}

Targets TargetSettings::targets() const {
    Targets targets;
    targets.restore = restore;
    if (size) targets.size = size->count;
    targets.disk_free = disk_free.ratio;
    targets.success_rate = success_rate.ratio;
    return targets;
}

void describe(Section& section, TargetSettings& targets) {
    section.key("restore", targets.restore, "a restore takes no longer").at_least(1s);
    section.key("size", targets.size, "a backup is no larger");
    section.key("disk_free", targets.disk_free, "so much of the disk is free");
    section.key("success_rate", targets.success_rate, "so many of the backups succeed");
}

void describe(Section& section, DatabaseSettings& database) {
    section.key("name", database.name, "the database's name")
        .required()
        .must(is_name, name_rule)
        .must(
            [](const std::string& name) { return name != "backupwatch"; },
            "is reserved: under this name backupwatch watches itself"
        );
    section.key("url", database.url, "how libpq reaches it").must(is_libpq, libpq_rule);
    section.list("backups", database.backups, "the backup sets");
    section.section("disk", database.disk, "the disk that it fills");
    section.section("targets", database.targets, "what readiness holds it against");
    section.section("runbook", database.runbook, "what the runbook says besides the facts");
    check_set_names(section, database);
    check_url_where_needed(section, database);
    check_disk_is_told(section, database);
}

void describe(Section& section, Concurrency& concurrency) {
    constexpr int most = 1000;
    section.key("dumps", concurrency.dumps, "at a time").at_least(1).at_most(most);
    section.key("drills", concurrency.drills, "at a time").at_least(1).at_most(most);
    section.key("checks", concurrency.checks, "at a time").at_least(1).at_most(most);
}

void describe(Section& section, RestoreTarget& target) {
    section.key("name", target.name, "what `restore --into` calls it")
        .required()
        .must(is_name, name_rule);
    section.key("url", target.url, "how libpq reaches the database that is to be made")
        .required()
        .must(is_libpq, libpq_rule);
}

void describe(Section& section, Settings& settings) {
    section.key("state_dir", settings.state_dir, "what must survive");
    section.key("control_socket", settings.control_socket, "where commands reach the daemon")
        .must(fits_a_socket, socket_rule);
    Http http{settings.listen};
    section.section("http", http, "the HTTP server");
    section.handled("include", "more files with databases");
    section.handled("defaults", "merged under every database");
    settings.work_dir = settings.state_dir / "work";
    section.key("work_dir", settings.work_dir, "throw-away clusters");
    section.section("concurrency", settings.concurrency, "how much is worked on at a time");
    section.key("spread", settings.spread, "work of a slot is spread over this").at_most(24h);
    Log log{settings.log_level};
    section.section("log", log, "logging");
    section.list("databases", settings.databases, "what is protected");
    describe_alerts(section, settings.alerts);
    section.section("heartbeat", settings.heartbeat, "who notices when we die");
    section.list("restore_targets", settings.restore_targets, "where `restore` may put a backup");
    check_database_names(section, settings);
    check_restore_targets(section, settings);
    check_directories(section, settings);
    check_alert_references(section, settings);
}

std::variant<Settings, ConfigErrors> load_settings(const std::filesystem::path& file) {
    ConfigErrors errors;
    const YamlFile document = read_document(file, errors);
    const Node& root = document.root;
    Settings settings;
    if (document.whole && (root.kind == Node::Kind::list || root.kind == Node::Kind::scalar)) {
        errors.push_back(
            {root.mark, "must be a mapping, not " + std::string(kind_in_words(root.kind))}
        );
    } else if (document.whole) {
        read_section(root, settings, errors);
        require_a_database(root, settings, errors);
    }
    if (!errors.empty()) return in_order(std::move(errors));
    settings.secrets = std::move(errors.secrets);
    settings.file = std::filesystem::absolute(file);
    return settings;
}

ReachableNotifiers read_notifiers(const std::filesystem::path& file) {
    ReachableNotifiers reachable;
    const YamlFile document = read_yaml_file(file, reachable.errors);
    ConfigErrors ignored;
    Settings settings;
    Section section(document.root, ignored);
    section.key("state_dir", settings.state_dir, "");
    reachable.state_dir = settings.state_dir;
    const Node* notifiers = document.whole ? document.root.find("notifiers") : nullptr;
    if (notifiers == nullptr) return reachable;
    if (notifiers->kind != Node::Kind::list) {
        reachable.errors.push_back(not_notifiers(*notifiers, Node::Kind::list));
    }
    for (const Node& item : notifiers->items) {
        if (item.kind != Node::Kind::mapping) {
            reachable.errors.push_back(not_notifiers(item, Node::Kind::mapping));
            continue;
        }
        NotifierSettings notifier;
        ConfigErrors errors;
        read_section(item, notifier, errors);
        if (errors.empty()) {
            reachable.alerts.notifiers.push_back(std::move(notifier));
        } else {
            reachable.errors.insert(reachable.errors.end(), errors.begin(), errors.end());
        }
    }
    return reachable;
}

std::filesystem::path read_control_socket(const std::filesystem::path& file) {
    ConfigErrors ignored;
    const YamlFile document = read_yaml_file(file, ignored);
    Settings settings;
    Section section(document.root, ignored);
    section.key("control_socket", settings.control_socket, "");
    return settings.control_socket;
}

}  // namespace backupwatch
