// Whom a configuration still tells when it is bad, or lacks what the service alone is given.
#include "config_folder.hpp"
#include "watch/settings.hpp"

namespace backupwatch {
namespace {

const std::string slack =
    "  - {name: slack, type: slack, webhook_url: \"https://hooks.example.com/services/T/B/x\"}\n";
const std::string hook =
    "  - {name: hook, type: webhook, url: \"https://example.com\", secret: \"${UNSET_SECRET}\"}\n";

std::vector<std::string> names(const ReachableNotifiers& reachable) {
    std::vector<std::string> all;
    for (const NotifierSettings& notifier : reachable.alerts.notifiers) {
        all.push_back(notifier.name);
    }
    return all;
}

TEST(ReachableNotifiers, are_found_whatever_else_is_wrong) {
    const std::vector<std::string> documents{
        "databases: [{name: shop, url: \"${UNSET_SECRET}\"}]\n",
        "databases: [{name: shop, url: \"${credential:unset}\"}]\nstate_dir: [x]\n",
        "bakcups: []\ninclude: nothing/*.yaml\n",
        "escalation: [{notify: [nobody]}]\n",
    };
    for (const std::string& document : documents) {
        ConfigFolder folder;
        const auto reachable = read_notifiers(folder.write(document + "notifiers:\n" + slack));
        EXPECT_EQ(names(reachable), std::vector<std::string>{"slack"}) << document;
        EXPECT_TRUE(reachable.errors.empty()) << document;
        EXPECT_EQ(reachable.state_dir, "/var/lib/backupwatch") << document;
        EXPECT_FALSE(folder.errors().empty()) << document;
    }
}

TEST(ReachableNotifiers, are_those_without_an_error_of_their_own) {
    ConfigFolder folder;
    const auto reachable =
        read_notifiers(folder.write("state_dir: state\nnotifiers:\n" + hook + slack));

    EXPECT_EQ(names(reachable), std::vector<std::string>{"slack"});
    ASSERT_EQ(reachable.errors.size(), 1u);
    EXPECT_NE(to_string(reachable.errors[0]).find("${UNSET_SECRET}"), std::string::npos);
    EXPECT_EQ(reachable.state_dir, folder.path("state"));
}

TEST(ReachableNotifiers, that_are_no_mapping_are_left_out_with_a_reason) {
    ConfigFolder folder;
    const auto one = read_notifiers(folder.write("notifiers:\n  - ${env:SLACK}\n" + slack));
    EXPECT_EQ(names(one), std::vector<std::string>{"slack"});
    ASSERT_EQ(one.errors.size(), 1u);
    const std::string error = to_string(one.errors[0]);
    EXPECT_NE(
        error.find(":2:5: notifiers: must be a mapping, not a single value"), std::string::npos
    ) << error;

    for (const char* none : {"notifiers: {a: {type: slack}}\n", "notifiers: a\n", "notifiers:\n"}) {
        const auto all = read_notifiers(folder.write(none));
        EXPECT_TRUE(names(all).empty()) << none;
        ASSERT_EQ(all.errors.size(), 1u) << none;
        const std::string said = to_string(all.errors[0]);
        EXPECT_NE(said.find(": notifiers: must be a list, not "), std::string::npos) << said;
    }
}

TEST(ReachableNotifiers, are_none_in_half_a_document) {
    ConfigFolder folder;
    const auto reachable = read_notifiers(folder.write("notifiers:\n" + slack + "nonsense: [\n"));
    EXPECT_TRUE(names(reachable).empty());
    EXPECT_EQ(reachable.errors.size(), 1u);
    EXPECT_EQ(read_notifiers(folder.path("missing")).errors.size(), 1u);
    EXPECT_TRUE(read_notifiers(folder.write("- a list\n")).errors.empty());
}

}  // namespace
}  // namespace backupwatch
