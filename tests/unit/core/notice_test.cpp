#include "core/incident/notice.hpp"

#include "core/incident/escalation.hpp"
#include "support/notices.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(IncidentKey, has_the_stable_name_of_the_contract) {
    EXPECT_EQ(
        stable_name({"postry-ai", "nightly", "backup"}), "backupwatch:postry-ai:nightly:backup"
    );
    EXPECT_EQ(stable_name({"postry-ai", "", "disk"}), "backupwatch:postry-ai::disk");
    EXPECT_EQ(stable_name({"", "slack", "delivery"}), "backupwatch::slack:delivery");
}

TEST(IncidentKey, has_a_target_to_paste_into_a_command) {
    EXPECT_EQ(target_of({"postry-ai", "nightly", "backup"}), "postry-ai/nightly");
    EXPECT_EQ(target_of({"postry-ai", "", "disk"}), "postry-ai");
    EXPECT_EQ(target_of({"", "slack", "delivery"}), "slack");
    EXPECT_EQ(target_of({"", "", "state"}), "backupwatch");
}

TEST(NoticeKind, is_read_back_as_it_is_written) {
    for (const NoticeKind kind : all_kinds()) EXPECT_EQ(parse_notice_kind(to_string(kind)), kind);
    EXPECT_EQ(parse_notice_kind("Problem"), std::nullopt);
    EXPECT_EQ(parse_notice_kind(""), std::nullopt);
}

TEST(Lane, is_named_by_its_notifier_and_mailbox) {
    Lane lane;
    lane.notifier = "slack";
    EXPECT_EQ(name_of(lane), "slack");
    lane.recipient = "devops@example.com";
    EXPECT_EQ(name_of(lane), "slack/devops@example.com");
}

TEST(EscalationStep, is_known_by_its_conditions_whatever_their_order_and_whom_it_tells) {
    EscalationStep step;
    step.notify = {"pagerduty"};
    step.checks = {"restore", "backup"};
    step.severity = Severity::unknown;
    step.consecutive_failures = 2;
    EscalationStep same = step;
    same.notify = {"pager", "slack"};
    same.checks = {"backup", "restore"};

    EXPECT_EQ(
        identity_of(step),
        "checks=backup,restore databases=* severity=unknown consecutive_failures=2 duration=0s"
    );
    EXPECT_EQ(identity_of(step), identity_of(same));
}

TEST(EscalationStep, is_another_one_when_any_condition_differs) {
    const EscalationStep step;
    std::vector<EscalationStep> others(5);
    others[0].checks = {"backup"};
    others[1].databases = {"backup"};
    others[2].severity = Severity::critical;
    others[3].consecutive_failures = 2;
    others[4].duration = std::chrono::hours(1);

    for (const EscalationStep& other : others) EXPECT_NE(identity_of(step), identity_of(other));
    EXPECT_NE(identity_of(others[0]), identity_of(others[1]));
}

}  // namespace
}  // namespace backupwatch
