#include "config/document.hpp"
#include "config_folder.hpp"
#include "sources/supabase/settings.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace backupwatch {
namespace {

const std::filesystem::path example = SOURCE_DIR "/config.example.yaml";

/// The keys of a mapping, `a.b[].c`; those that hold values of the user's are not entered.
void collect_keys(
    const Node& node,
    const std::string& prefix,
    const std::set<std::string>& leaves,
    std::set<std::string>& keys
) {
    for (const Node& item : node.items) collect_keys(item, prefix, leaves, keys);
    for (const Node::Entry& entry : node.entries) {
        const std::string path = prefix + entry.key;
        keys.insert(path);
        const bool is_list = entry.value.kind == Node::Kind::list;
        if (!leaves.contains(path)) {
            collect_keys(entry.value, path + (is_list ? "[]." : "."), leaves, keys);
        }
    }
}

auto load_example() {
    ::setenv("POSTRY_AI_DATABASE_URL", "postgresql://me:hunter2@db/x", 1);
    ::setenv("SUPABASE_ACCESS_TOKEN", "sbp_hunter2", 1);
    ::setenv("SMTP_PASSWORD", "hunter2", 1);
    ::setenv("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T/B/hunter2", 1);
    ::setenv("PAGERDUTY_ROUTING_KEY", "0123456789abcdef0123456789abcdef", 1);
    ::setenv("RESTORE_URL", "postgresql://me:hunter2@spare/postry_restored", 1);
    ::setenv("HEARTBEAT_URL", "https://hc-ping.com/hunter2", 1);
    ::setenv("WEBHOOK_SECRET", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", 1);
    return load_settings(example);
}

TEST(Example, is_a_valid_configuration) {
    const auto loaded = load_example();

    if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
        for (const ConfigError& error : *errors) ADD_FAILURE() << to_string(error);
    }
}

TEST(Example, has_every_registered_key_and_no_other) {
    std::set<std::string> registered;
    std::set<std::string> leaves;
    for (const KeyText& key : registered_keys<Settings>()) {
        registered.insert(key.path);
        if (!key.has_keys) leaves.insert(key.path);
    }
    ConfigErrors errors;
    std::set<std::string> written;
    collect_keys(read_yaml_file(example, errors).root, "", leaves, written);

    EXPECT_EQ(written, registered);
}

TEST(Example, has_a_text_for_every_key) {
    for (const KeyText& key : registered_keys<Settings>()) EXPECT_NE(key.text, "") << key.path;
}

constexpr const char* document_begins = R"(# Configuration

Every key, and what it is for. Written by a test from what the program itself reads (`BACKUPWATCH_WRITE_GOLDEN=1 unit_config
--gtest_filter=ConfigurationDocument.*`), so there is none that is not here. Defaults, and how it looks in YAML:
[config.example.yaml](../config.example.yaml), in the package `/etc/backupwatch/config.example.yaml`. Wrong keys, types and values are
errors, all told at once with file, line and column: `backupwatch check-config`.

- Durations: `200ms 30s 5m 26h 7d`. Sizes: `100MB 8GB` (powers of 10), `64MiB 2GiB` (powers of 2). Shares: `80%`. Times are UTC.
- Schedules: `"03:00"`, `"03:00, 15:00"`, `"Sun 04:00"`, `"Mon,Thu 01:30"`, `every 5m`.
- Any value may hold `${NAME}` (environment), `${file:/path}` and `${credential:name}` (systemd); `$$` is a dollar.
- `[]` is each entry of a list. What holds other keys has an ellipsis.

| key | what it is |
|---|---|
)";

std::string cell(const std::string& text) {
    std::string escaped;
    for (const char letter : text) escaped += letter == '|' ? "\\|" : std::string(1, letter);
    return escaped;
}

TEST(ConfigurationDocument, has_every_key_with_what_it_is) {
    std::string text = document_begins;
    for (const KeyText& key : registered_keys<Settings>()) {
        text += "| `" + key.path + (key.has_keys ? " …" : "") + "` | " + cell(key.text) + " |\n";
    }
    const std::filesystem::path file = SOURCE_DIR "/docs/configuration.md";
    if (::getenv("BACKUPWATCH_WRITE_GOLDEN") != nullptr) std::ofstream(file) << text;

    std::ifstream written(file);
    const std::string found{std::istreambuf_iterator<char>(written), {}};
    EXPECT_EQ(found, text);
}

/// Loaded without the keys that the example leaves at their default, the settings are the same:
/// so what it calls a default is one.
TEST(Example, shows_the_defaults) {
    ConfigFolder folder;
    const auto loaded = load_example();
    ASSERT_TRUE(std::holds_alternative<Settings>(loaded));
    const Settings& shown = std::get<Settings>(loaded);
    const Settings bare = folder.settings_of(R"(
databases:
  - name: postry-ai
    url: ${POSTRY_AI_DATABASE_URL}
    backups:
      - {source: dump, name: nightly, directory: /d, take: "03:00", drill: {}}
    disk: {source: database, capacity: 8GB}
  - name: billing
    backups: [{source: dump, directory: /e}]
  - name: forum
    backups: [{source: supabase, project: abcdefghijklmnopqrst, access_token: x}]
notifiers:
  - {type: email, server: "smtp://mail.example.com", from: a@example.com, to: [b@example.com]}
)");

    EXPECT_EQ(shown.state_dir, bare.state_dir);
    EXPECT_EQ(shown.control_socket, bare.control_socket);
    EXPECT_EQ(shown.work_dir, bare.work_dir);
    EXPECT_EQ(shown.listen.host, bare.listen.host);
    EXPECT_EQ(shown.listen.port, bare.listen.port);
    EXPECT_EQ(shown.concurrency.checks, bare.concurrency.checks);
    EXPECT_EQ(shown.log_level, bare.log_level);
    EXPECT_EQ(shown.alerts.reminders, bare.alerts.reminders);
    EXPECT_EQ(shown.heartbeat->every, HeartbeatSettings().every);
    EXPECT_EQ(shown.alerts.notifiers[0].timeout, bare.alerts.notifiers[0].timeout);
    for (std::size_t i = 0; i < 3; ++i) {
        const BackupSetSettings& a = shown.databases[i].backups[0];
        const BackupSetSettings& b = bare.databases[i].backups[0];
        EXPECT_EQ(a.every, b.every);
        EXPECT_EQ(a.grace, b.grace);
        EXPECT_EQ(a.hook_limit, b.hook_limit);
        EXPECT_EQ(a.check, b.check);
        EXPECT_EQ(a.poll, b.poll);
        EXPECT_EQ(a.reach_back, b.reach_back);
        EXPECT_EQ(a.retention.keep, b.retention.keep);
        EXPECT_EQ(a.retention.keep_at_least, b.retention.keep_at_least);
    }
    const BackupSetSettings& project = shown.databases[2].backups[0];
    const BackupSetSettings& bare_project = bare.databases[2].backups[0];
    EXPECT_EQ(project.provider->pitr, bare_project.provider->pitr);
    EXPECT_EQ(project.provider->max_pitr_lag, bare_project.provider->max_pitr_lag);
    EXPECT_EQ(
        dynamic_cast<const SupabaseSettings&>(*project.own).api_url,
        dynamic_cast<const SupabaseSettings&>(*bare_project.own).api_url
    );
    const DrillSettings& drill = *shown.databases[0].backups[0].drill;
    const DrillSettings& bare_drill = *bare.databases[0].backups[0].drill;
    EXPECT_EQ(drill.when.schedule, bare_drill.when.schedule);
    EXPECT_EQ(drill.policy.target, bare_drill.policy.target);
    EXPECT_EQ(drill.policy.max_age, bare_drill.policy.max_age);
    EXPECT_EQ(drill.timeout, bare_drill.timeout);
    const DiskPolicy disk = shown.databases[0].disk->policy();
    const DiskPolicy bare_disk = bare.databases[0].disk->policy();
    EXPECT_EQ(disk.warning, bare_disk.warning);
    EXPECT_EQ(disk.critical, bare_disk.critical);
    EXPECT_EQ(disk.forecast, bare_disk.forecast);
}

}  // namespace
}  // namespace backupwatch
