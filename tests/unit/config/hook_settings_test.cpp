#include "config_folder.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace backupwatch {
namespace {

std::string hooked(const std::string& lines) {
    return "databases:\n"
           "  - name: a\n"
           "    url: postgresql://me:hunter2-of-a@db/a\n"
           "    backups:\n"
           "      - source: dump\n"
           "        directory: /srv/a\n"
           "        take: every 30m\n" +
           lines;
}

BackupSetSettings hooked_set(const std::string& lines) {
    ConfigFolder folder;
    const Settings settings = folder.settings_of(hooked(lines));
    return settings.databases.empty() ? BackupSetSettings{}
                                      : settings.databases.front().backups.front();
}

std::vector<std::string> hook_errors(const std::string& lines) {
    ConfigFolder folder;
    return folder.errors_of(hooked(lines));
}

TEST(HookSettings, are_a_program_and_its_arguments) {
    ::setenv("HOOK_TEST_TOKEN", "{id}hunter2", 1);
    const BackupSetSettings set =
        hooked_set("        after_backup: [copy, '{folder}', 'a:${HOOK_TEST_TOKEN}{id}', $$]\n");

    ASSERT_TRUE(set.hook);
    EXPECT_EQ(set.hook->program, "copy");
    EXPECT_EQ(
        fill_in(set.hook->arguments, {"/f", "7", "d", "s", "m"}),
        (std::vector<std::string>{"/f", "a:{id}hunter27", "$"})
    );
    EXPECT_EQ(set.hook_limit, std::chrono::minutes(30)) << "never longer than a period";
}

TEST(HookSettings, are_none_by_default_and_where_the_list_is_empty) {
    EXPECT_FALSE(hooked_set("").hook);
    EXPECT_FALSE(hooked_set("        after_backup: []\n").hook);
}

TEST(HookSettings, name_what_is_wrong) {
    using Errors = std::vector<std::string>;
    const std::string at = "config.yaml:8:";
    EXPECT_EQ(
        hook_errors("        after_backup: ['']\n"),
        Errors{at + "24: after_backup: the program has no name"}
    );
    EXPECT_EQ(
        hook_errors("        after_backup: [bin/copy]\n"),
        Errors{
            at + "24: after_backup: the program must be a name that is looked for in PATH, or an "
                 "absolute path"}
    );
    EXPECT_EQ(
        hook_errors("        after_backup: [copy, ok, '{foldr}']\n"),
        Errors{
            at + "34: after_backup: {foldr} is no placeholder: did you mean {folder}; write {{ for "
                 "a brace"}
    );
    EXPECT_EQ(
        hook_errors("        after_backup: [copy, 'x{hunter2_of_mine}']\n"),
        Errors{
            at + "30: after_backup: a word in braces is no placeholder: there is {folder, id, "
                 "database, set, manifest}; write {{ for a brace"}
    );
    EXPECT_EQ(
        hook_errors("        after_backup: [copy, \"a\\0b\"]\n"),
        Errors{at + "30: after_backup: an argument cannot hold a NUL byte"}
    );
    EXPECT_EQ(
        hook_errors("        after_backup: copy\n"),
        Errors{at + "23: after_backup: must be a list, not a single value"}
    );
    EXPECT_EQ(
        hook_errors("        after_backup: [copy]\n        after_backup_timeout: 31m\n"),
        Errors{"config.yaml:9:31: after_backup_timeout: 31m is more than the 30m until the next "
               "backup"}
    );
    EXPECT_EQ(
        hook_errors("        after_backup: [copy]\n        after_backup_timeout: 200ms\n").size(),
        1u
    );
}

TEST(HookSettings, are_of_a_set_that_takes_its_backups) {
    ConfigFolder folder;
    EXPECT_EQ(
        folder.errors_of("databases:\n"
                         "  - name: a\n"
                         "    backups: [{source: dump, directory: /srv/a, after_backup: [copy]}]\n"
        ),
        (std::vector<std::string>{
            "config.yaml:3:63: after_backup: without `take` no backup is taken here"})
    );
}

TEST(Settings, know_every_secret_of_the_configuration) {
    ConfigFolder folder;
    ::setenv("HOOK_TEST_TOKEN", "hunter2-of-the-hook", 1);
    const Settings settings = folder.settings_of(
        hooked("        after_backup: [copy, 'k=${HOOK_TEST_TOKEN}']\n") +
        "notifiers: [{type: slack, webhook_url: 'https://h/hunter2-of-slack'}]\n"
    );

    std::vector<std::string> known;
    for (const Secret& secret : settings.secrets) known.push_back(secret.reveal());
    for (const char* secret :
         {"postgresql://me:hunter2-of-a@db/a",
          "hunter2-of-the-hook",
          "https://h/hunter2-of-slack"}) {
        EXPECT_EQ(std::ranges::count(known, secret), 1) << secret;
    }
}

}  // namespace
}  // namespace backupwatch
