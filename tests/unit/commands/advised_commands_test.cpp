// What a message tells people to type is a command that there is.
#include "commands/command.hpp"
#include "core/wording/wording.hpp"
#include "support/notices.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// `check` of `backupwatch check shop`.
std::string verb_of(const std::string& command) {
    const auto begin = command.find(' ') + 1;
    return command.substr(begin, command.find(' ', begin) - begin);
}

bool is_command(const std::string& verb) {
    // These two are no work of a daemon's, and so not in the table.
    if (verb == "run" || verb == "check-config") return true;
    return std::ranges::find(verbs(), verb, &Verb::name) != verbs().end();
}

/// Of ourselves and of what several databases share nothing can be looked at, taken or drilled.
bool works_on_us(const std::string& command) {
    const std::string verb = verb_of(command);
    const bool is_work = verb == "check" || verb == "list" || verb == "backup" || verb == "drill";
    return is_work && command.find(" backupwatch") != std::string::npos;
}

/// How many commands of ours were advised.
int expect_known(const Wording& wording) {
    int count = 0;
    std::vector<Advice> all = wording.to_do;
    if (wording.acknowledge) all.push_back(*wording.acknowledge);
    for (const Advice& advice : all) {
        if (!advice.command.starts_with("backupwatch ")) continue;
        ++count;
        EXPECT_TRUE(is_command(verb_of(advice.command))) << advice.command;
    }
    return count;
}

TEST(AdvisedCommands, are_known_for_every_check_kind_and_severity) {
    for (const char* check :
         {"backup",
          "retention",
          "size",
          "shape",
          "restore",
          "after_backup",
          "disk",
          "source",
          "pitr",
          "project",
          "state",
          "service",
          "clock",
          "delivery",
          "of the future"}) {
        for (const char* database : {"shop", "backupwatch"}) {
            for (const auto severity : {Severity::warning, Severity::unknown, Severity::critical}) {
                Notice notice = failed_backup();
                notice.key = {database, "nightly", check};
                notice.severity = severity;
                EXPECT_GE(expect_known(word(notice, {}, night + 5h)), 1) << check;
            }
        }
    }
    for (const auto kind : all_kinds()) {
        Notice notice = failed_backup();
        notice.kind = kind;
        expect_known(word(notice, {}, night + 5h));
    }
    EXPECT_GE(expect_known(word(storm(8), night + 5h)), 1);
}

TEST(AdvisedCommands, about_ourselves_name_nothing_that_is_no_database) {
    for (const char* check : {"state", "clock", "delivery", "disk", "source"}) {
        for (const auto kind : all_kinds()) {
            Notice notice = failed_backup();
            notice.kind = kind;
            notice.key = {
                "backupwatch", check == std::string("source") ? "db:5432" : "slack", check};
            for (const Advice& advice : word(notice, {}, night + 5h).to_do) {
                EXPECT_FALSE(works_on_us(advice.command)) << advice.command;
            }
        }
    }
    EXPECT_TRUE(works_on_us("backupwatch check backupwatch/slack"));
}

TEST(AdvisedCommands, would_be_seen_if_there_were_none_such) {
    EXPECT_FALSE(is_command(verb_of("backupwatch undo shop/nightly")));
    EXPECT_TRUE(is_command(verb_of("backupwatch status")));
}

}  // namespace
}  // namespace backupwatch
