#include "watch/settings.hpp"

#include "config_folder.hpp"
#include "sources/dump/settings.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <tuple>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// A database `a` with one set of dumps, which has these keys too.
std::string with_set(const std::string& keys) {
    return "databases:\n"
           "  - name: a\n"
           "    url: host=db\n"
           "    backups:\n"
           "      - {source: dump, directory: /srv/a, " +
           keys + "}\n";
}

BackupSetSettings set_of(const std::string& keys) {
    ConfigFolder folder;
    return folder.settings_of(with_set(keys)).databases.at(0).backups.at(0);
}

TEST(Settings, have_the_defaults_of_the_contract) {
    ConfigFolder folder;
    const Settings settings = folder.settings_of("databases: [{name: a}]");

    EXPECT_EQ(settings.state_dir, "/var/lib/backupwatch");
    EXPECT_EQ(settings.control_socket, "/run/backupwatch/control.sock");
    EXPECT_EQ(settings.listen.host, "127.0.0.1");
    EXPECT_EQ(settings.listen.port, 9856);
    EXPECT_EQ(settings.work_dir, "/var/lib/backupwatch/work");
    EXPECT_EQ(settings.concurrency.dumps, 1);
    EXPECT_EQ(settings.concurrency.drills, 1);
    EXPECT_EQ(settings.concurrency.checks, 32);
    EXPECT_EQ(settings.spread, 0s);
    EXPECT_EQ(settings.log_level, LogLevel::info);
}

TEST(Settings, put_the_work_beside_the_state) {
    ConfigFolder folder;
    const Settings settings = folder.settings_of("state_dir: state\ndatabases: [{name: a}]");

    EXPECT_EQ(settings.state_dir, folder.path("state"));
    EXPECT_EQ(settings.work_dir, folder.path("state/work"));
}

TEST(Settings, of_a_watched_set_have_the_defaults_of_the_contract) {
    const BackupSetSettings set = set_of("grace: 2h");

    EXPECT_EQ(set.name, "dump");
    EXPECT_EQ(set.every, 24h);
    EXPECT_EQ(set.check->text(), "03:00");
    EXPECT_EQ(set.grace, 2h);
    EXPECT_EQ(set.poll, 15min);
    EXPECT_EQ(set.reach_back, 7 * 24h);
    EXPECT_FALSE(set.take);
    EXPECT_FALSE(set.drill);
}

TEST(Settings, of_a_taken_set_have_the_defaults_of_the_contract) {
    const BackupSetSettings set = set_of("take: 03:00");
    const auto& dump = dynamic_cast<const DumpSettings&>(*set.own);

    EXPECT_EQ(set.take->text(), "03:00");
    EXPECT_EQ(set.every, 24h);
    EXPECT_EQ(set.grace, 1h);
    EXPECT_FALSE(set.check);
    EXPECT_EQ(set.retention.keep, 8 * 24h);
    EXPECT_EQ(set.retention.keep_at_least, 3);
    EXPECT_EQ(dump.jobs, 2);
    EXPECT_EQ(dump.lock_timeout, 10s);
    EXPECT_TRUE(dump.exclude_tables.empty());
}

TEST(Settings, of_a_taken_set_have_every_from_the_longest_gap) {
    EXPECT_EQ(set_of("take: \"03:00, 15:00\"").every, 12h);
    EXPECT_EQ(set_of("take: \"03:00, 04:00\"").every, 23h);
    EXPECT_EQ(set_of("take: every 6h").every, 6h);
}

TEST(Settings, of_a_taken_set_do_not_reach_further_back_than_dumps_are_kept) {
    EXPECT_EQ(set_of("take: 03:00, keep: 2d, keep_at_least: 1").reach_back, 48h);
    EXPECT_EQ(set_of("take: 03:00, keep: 2d, keep_at_least: 5").reach_back, 5 * 24h);
    EXPECT_EQ(set_of("take: 03:00, keep: 30d").reach_back, 7 * 24h);
    // Others take these; how long they keep them is not ours to know.
    EXPECT_EQ(set_of("keep: 2d").reach_back, 7 * 24h);
}

TEST(Settings, of_a_drill_have_the_defaults_of_the_contract) {
    const DrillSettings drill = *set_of("take: 03:00, drill: {}").drill;

    EXPECT_FALSE(drill.when.schedule);
    EXPECT_EQ(drill.policy.target, 5min);
    EXPECT_EQ(drill.timeout, 1h);
    EXPECT_EQ(drill.policy.max_age, 26h);
    EXPECT_TRUE(drill.verify.rows);
    EXPECT_TRUE(drill.verify.content);
    EXPECT_TRUE(drill.verify.tables.empty());
    EXPECT_TRUE(drill.queries.texts.empty());
}

TEST(Settings, of_a_drill_are_what_was_written) {
    const DrillSettings drill = *set_of(
                                     "drill: {when: Sun 04:00, target: 1m, timeout: 2h, verify: {"
                                     "rows: false, content: false, tables: {public.p: [x, y], q: "
                                     "[]}, queries: [SELECT 1]}}"
    )
                                     .drill;

    EXPECT_EQ(drill.when.schedule->text(), "Sun 04:00");
    EXPECT_EQ(drill.policy.target, 1min);
    EXPECT_EQ(drill.timeout, 2h);
    EXPECT_FALSE(drill.verify.rows);
    EXPECT_FALSE(drill.verify.content);
    EXPECT_EQ(drill.verify.tables.at("public.p"), (std::vector<std::string>{"x", "y"}));
    EXPECT_TRUE(drill.verify.tables.at("q").empty());
    EXPECT_EQ(drill.queries.texts, std::vector<std::string>{"SELECT 1"});
}

TEST(Settings, of_a_drill_say_as_whom_its_queries_run) {
    const DrillSettings drill =
        *set_of("drill: {verify: {queries: [SELECT 1], role: authenticated, claims: '{}'}}").drill;

    EXPECT_EQ(drill.queries.role, "authenticated");
    EXPECT_EQ(drill.queries.claims, "{}");
    ConfigFolder folder;
    EXPECT_EQ(folder.errors_of(with_set("drill: {verify: {claims: '{}'}}")).size(), 1u);
}

TEST(Settings, know_a_project_of_supabase_by_its_url_or_by_the_preset) {
    const Secret theirs("postgresql://postgres@db.abcdefghijklmnopqrst.supabase.co/postgres");
    const Secret other("host=db");
    struct Case {
        const char* keys;
        const Secret& url;
        bool expected;
    };
    const Case cases[] = {
        {"take: 03:00", theirs, true},
        {"take: 03:00", other, false},
        {"take: 03:00, preset: none", theirs, false},
        // A project behind a name of its own, or hosted by its user.
        {"take: 03:00, preset: supabase", other, true},
        {"take: 03:00", Secret(), false},
        {"take: 03:00", Secret("no=connection string"), false},
    };
    for (const Case& one : cases) {
        const auto own = set_of(one.keys).own;
        const auto& dump = dynamic_cast<const DumpSettings&>(*own);
        EXPECT_EQ(is_of_supabase(dump, one.url), one.expected) << one.keys;
    }
}

TEST(Settings, let_a_drill_be_as_old_as_the_next_one_needs) {
    EXPECT_EQ(set_of("take: 03:00, drill: {when: Sun 04:00}").drill->policy.max_age, 7 * 24h + 2h);
    EXPECT_EQ(set_of("take: Sun 03:00, drill: {}").drill->policy.max_age, 7 * 24h + 2h);
    EXPECT_EQ(set_of("take: every 1h, drill: {}").drill->policy.max_age, 26h);
    EXPECT_EQ(set_of("take: 03:00, drill: {max_age: 24h}").drill->policy.max_age, 24h);
}

TEST(Settings, of_a_disk_have_the_defaults_of_the_contract) {
    ConfigFolder folder;
    const Settings settings =
        folder.settings_of("databases: [{name: a, disk: {source: filesystem, path: /srv}}]");
    const DiskSettings& disk = *settings.databases[0].disk;

    EXPECT_EQ(disk.source, DiskSource::filesystem);
    EXPECT_EQ(disk.path, "/srv");
    EXPECT_EQ(disk.poll, 5min);
    EXPECT_EQ(disk.policy().warning, 0.8);
    EXPECT_EQ(disk.policy().critical, 0.9);
    EXPECT_EQ(disk.policy().forecast, 7 * 24h);
}

TEST(Settings, take_a_reference_for_any_value) {
    ConfigFolder folder;
    ::setenv("SETTINGS_TEST_JOBS", "7", 1);
    const Settings settings = folder.settings_of(with_set("jobs: \"${SETTINGS_TEST_JOBS}\""));
    const auto& own = *settings.databases[0].backups[0].own;

    EXPECT_EQ(dynamic_cast<const DumpSettings&>(own).jobs, 7);
}

TEST(Settings, read_addresses_to_listen_on) {
    const std::vector<std::tuple<std::string, std::string, int, bool>> table{
        {"127.0.0.1:9856", "127.0.0.1", 9856, true},
        {"127.9.9.9:1", "127.9.9.9", 1, true},
        {"localhost:0", "localhost", 0, true},
        {"'[::1]:80'", "::1", 80, true},
        {"'[::]:80'", "::", 80, false},
        {"0.0.0.0:65535", "0.0.0.0", 65535, false},
    };
    for (const auto& [text, host, port, loopback] : table) {
        ConfigFolder folder;
        const Settings settings =
            folder.settings_of("http: {listen: " + text + "}\ndatabases: [{name: a}]");
        EXPECT_EQ(settings.listen.host, host);
        EXPECT_EQ(settings.listen.port, port);
        EXPECT_EQ(settings.listen.is_loopback(), loopback) << text;
    }
}

TEST(ControlSocket, is_found_whatever_else_is_wrong) {
    ConfigFolder folder;
    const auto socket = [&](const std::string& text) {
        return read_control_socket(folder.write(text)).string();
    };

    EXPECT_EQ(socket("control_socket: /run/x\nurl: ${UNSET_SECRET}\nnonsense: [\n"), "/run/x");
    EXPECT_EQ(socket("control_socket: x.sock"), folder.path("x.sock"));
    EXPECT_EQ(socket("state_dir: /x"), "/run/backupwatch/control.sock");
    EXPECT_EQ(socket("control_socket: [x]"), "/run/backupwatch/control.sock");
    EXPECT_EQ(socket("["), "/run/backupwatch/control.sock");
    EXPECT_EQ(read_control_socket(folder.path("missing")), "/run/backupwatch/control.sock");
}

TEST(ControlSocket, resolves_no_other_reference) {
    ConfigFolder folder;
    // Opening a pipe that nobody writes to would wait forever.
    ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
    const std::string reference = "${file:" + folder.path("pipe").string() + "}";
    ::setenv("SETTINGS_TEST_RUN", "/run/y", 1);

    const auto socket = read_control_socket(
        folder.write("state_dir: " + reference + "\ncontrol_socket: ${SETTINGS_TEST_RUN}/z\n")
    );

    EXPECT_EQ(socket, "/run/y/z");
}

}  // namespace
}  // namespace backupwatch
