// What people read in each channel when a check fails, and when it passes again: every check with
// every severity that it can be told with, from the real checks through the real judgement.
#include "found_failures.hpp"
#include "json/text.hpp"
#include "messages.hpp"
#include "notify/mail_content.hpp"
#include "notify/pagerduty.hpp"
#include "notify/slack.hpp"
#include "notify/webhook.hpp"
#include "read_mail.hpp"
#include "support/golden.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <functional>
#include <set>

namespace backupwatch {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::int64_t the_incident = 12;
const Links our_links{"https://wiki.example.com/backups", "https://grafana.example.com/d/1", ""};

/// The escalation of DESIGN 2.1 with a webhook; or everything to the pager, since what a page of
/// `size` looks like must be known by whoever configures one.
AlertPolicy policy_with(bool pages_everything) {
    const Lane slack{"slack", "", "endpoint-of-slack"};
    const Lane pager{"pagerduty", "", "endpoint-of-pagerduty", true, std::string(32, 'k')};
    if (pages_everything) return {{pager}, {{.notify = {"pagerduty"}}}, {24h}};
    EscalationStep page;
    page.notify = {"pagerduty"};
    page.checks = {"backup", "restore", "source"};
    page.severity = Severity::unknown;
    page.consecutive_failures = 2;
    return {{slack, pager}, {{.notify = {"slack"}}, page}, {24h}};
}

/// The one message about this check that the first lane gets, and what is open then.
Message told(
    std::vector<Incident>& open,
    const FoundFailure& failure,
    bool is_over,
    const AlertPolicy& policy
) {
    Situation situation;
    situation.database = failure.key.database;
    situation.set = failure.key.set;
    situation.findings = is_over ? failure.passing : failure.failing;
    for (const Finding& finding : failure.failing) situation.checks.push_back(finding.check);
    if (!is_over) situation.members = failure.members;
    situation.proofs = is_over ? failure.proofs_then : failure.proofs;
    const Instant now = is_over ? failure.passed_at : failure.found_at;
    const auto silences = is_over ? std::vector<Silence>() : failure.silences;
    Judgement judgement = judge(open, situation, policy, silences, now);

    Message message;
    message.id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
    message.now = now + 2s;
    for (Addressed& addressed : judgement.notices) {
        const bool is_meant = addressed.notice.key == failure.key &&
                              addressed.lane.endpoint == policy.lanes.front().endpoint;
        if (!is_meant) continue;
        addressed.notice.incident = the_incident;
        message.route = addressed.lane.route;
        message.notices.push_back(std::move(addressed.notice));
    }
    open = std::move(judgement.changed);
    std::erase_if(open, [&](const Incident& incident) { return incident.key != failure.key; });
    for (Incident& incident : open) incident.id = the_incident;
    return message;
}

/// Lines that a person can read: an object that fits stays on one, and a text of several is set
/// below its name.
std::string readable(const json::value& value, std::size_t indent = 0) {
    const std::string margin(indent + 2, ' ');
    if (const auto* text = value.if_string(); text && text->find('\n') != text->npos) {
        std::string block = "|";
        std::string_view rest = *text;
        while (!rest.empty()) {
            const auto end = std::min(rest.find('\n'), rest.size());
            block += "\n" + margin + "| " + std::string(rest.substr(0, end));
            while (block.back() == ' ') block.pop_back();
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return block;
    }
    const std::string line = json_text(value);
    const bool is_short = line.size() + indent < 90 && line.find("\\n") == std::string::npos;
    if (is_short || value.is_primitive()) return line;
    std::string lines = value.is_array() ? "[" : "{";
    const auto add = [&](const std::string& name, const json::value& element) {
        lines += lines.size() > 1 ? ",\n" : "\n";
        lines += margin + name + readable(element, indent + 2);
    };
    if (const auto* array = value.if_array()) {
        for (const json::value& element : *array) add("", element);
    } else {
        for (const auto& [name, element] : value.get_object())
            add(json_text(json::string(name)) + ": ", element);
    }
    return lines + "\n" + std::string(indent, ' ') + (value.is_array() ? "]" : "}");
}

std::string as_slack(const Message& message) {
    return readable(parsed(slack_payload(message, our_links))) + "\n";
}

std::string as_pagerduty(const Message& message) {
    return readable(parsed(pagerduty_payload(message, our_links, Secret(std::string(32, 'k'))))) +
           "\n";
}

std::string as_webhook(const Message& message) {
    return readable(parsed(webhook_payload(message, our_links))) + "\n";
}

std::string as_email(const Message& message) {
    const MailAddress us{"backupwatch", "backupwatch@example.com"};
    const ReadMail mail =
        read_mail(mail_content(message, our_links, us, {"", "devops@example.com"}));
    std::string text;
    for (const std::string& name : mail.names) text += name + ": " + mail.headers.at(name) + "\n";
    for (const char* type : {"text/plain", "text/html"}) {
        text += std::string("--- ") + type + "\n" + part_of(mail, type);
    }
    std::erase(text, '\r');
    return text;
}

struct Channel {
    const char* name;
    const char* ending;
    bool pages;
    std::string (*render)(const Message&);
};

const std::vector<Channel> channels{
    {"slack", ".slack.json", false, as_slack},
    {"email", ".email.txt", false, as_email},
    {"webhook", ".webhook.json", false, as_webhook},
    {"pagerduty", ".pagerduty.json", true, as_pagerduty},
};

std::vector<std::string> all_names() {
    std::vector<std::string> all;
    for (const FoundFailure& failure : found_failures()) {
        if (all.empty() || all.back() != failure.name) all.push_back(failure.name);
    }
    return all;
}

using Use = std::function<void(const Message&, const std::string& heading)>;
void for_each_message(const std::string& name, const Channel& channel, const Use& use) {
    for (const FoundFailure& failure : found_failures()) {
        if (failure.name != name) continue;
        std::vector<Incident> open;
        for (const bool is_over : {false, true}) {
            const Message message = told(open, failure, is_over, policy_with(channel.pages));
            ASSERT_EQ(message.notices.size(), 1u) << name << ": " << failure.what;
            const Notice& notice = message.notices.front();
            const std::string heading = std::string(to_string(notice.severity)) + " " +
                                        std::string(to_string(notice.kind)) + ": " + failure.what;
            use(message, heading);
        }
    }
}

class GoldenMessages : public testing::TestWithParam<std::string> {};

TEST_P(GoldenMessages, are_what_each_channel_shows) {
    for (const Channel& channel : channels) {
        std::string all;
        for_each_message(GetParam(), channel, [&](const Message& message, const auto& heading) {
            all += "=== " + heading + "\n" + channel.render(message) + "\n";
        });
        expect_golden("notify", GetParam() + channel.ending, all);
    }
}

/// What a person asks, in the order of the answers; of what has no backup, nothing of those.
std::vector<std::string> questions_of(const Message& message, const Channel& channel) {
    const Notice& notice = message.notices.front();
    // So much of it is spelt alike everywhere.
    std::vector<std::string> parts{notice.summary.substr(0, 12), "Failing since"};
    if (notice.last_backup) parts.push_back("Last completed backup: " + notice.last_backup->id);
    if (notice.last_drill) parts.push_back("Last passed drill: of " + notice.last_drill->id);
    parts.emplace_back(channel.pages ? "to_do" : "What to do");
    if (notice.next) parts.emplace_back("pagerduty is called at 2 failures in a row");
    parts.push_back("backupwatch acknowledge " + std::to_string(the_incident));
    return parts;
}

TEST_P(GoldenMessages, answer_in_the_order_in_which_one_asks_at_night) {
    for (const Channel& channel : channels) {
        for_each_message(GetParam(), channel, [&](const Message& message, const auto& heading) {
            SCOPED_TRACE(channel.name + (" " + heading));
            const std::string text = channel.render(message);
            if (message.notices.front().kind == NoticeKind::recovery) {
                EXPECT_EQ(text.find("acknowledge"), std::string::npos) << text;
                EXPECT_EQ(text.find("What to do"), std::string::npos) << text;
                return;
            }
            std::size_t last = 0;
            // A mail says all of it twice.
            for (const char* part : {"--- text/plain", "--- text/html"}) {
                if (std::string(channel.name) == "email") last = text.find(part, last);
                for (const std::string& question : questions_of(message, channel)) {
                    const auto at = text.find(question, last);
                    ASSERT_NE(at, std::string::npos) << question << " is not in its place in\n"
                                                     << text;
                    last = at;
                }
                if (std::string(channel.name) != "email") break;
            }
        });
    }
}

/// DESIGN 2.2, check by check. What is only held (a source that is tried again, a clock in doubt)
/// is told by nobody.
TEST(FoundFailures, are_of_every_check_with_every_severity_that_it_is_told_with) {
    std::set<std::string> found;
    for (const FoundFailure& failure : found_failures()) {
        std::vector<Incident> open;
        const Message message = told(open, failure, false, policy_with(false));
        ASSERT_EQ(message.notices.size(), 1u) << failure.what;
        found.insert(failure.name + " " + std::string(to_string(message.notices.front().severity)));
    }
    EXPECT_EQ(
        found,
        (std::set<std::string>{
            "after_backup warning",   "backup critical",       "backup unknown",
            "clock warning",          "delivery critical",     "delivery warning",
            "disk critical",          "disk unknown",          "disk warning",
            "our-disk critical",      "our-disk unknown",      "our-disk warning",
            "restore critical",       "restore unknown",       "restore warning",
            "retention critical",     "retention warning",     "shape warning",
            "shared-source critical", "shared-source unknown", "size critical",
            "size warning",           "source unknown",        "state critical"})
    );
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    GoldenMessages,
    testing::ValuesIn(all_names()),
    [](const auto& tested) {
        std::string name = tested.param;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    }
);

}  // namespace
}  // namespace backupwatch
