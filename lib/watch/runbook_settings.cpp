#include "watch/runbook_settings.hpp"

#include "net/settings.hpp"

#include <algorithm>

namespace backupwatch {

Parsed<RunbookSettings::Language>
parse_value(std::string_view text, As<RunbookSettings::Language>) {
    return parse_choice<RunbookSettings::Language>(
        text, {{"en", RunbookSettings::Language::en}, {"fr", RunbookSettings::Language::fr}}
    );
}

void describe(Section& section, RunbookSettings::Contact& contact) {
    section.key("role", contact.role, "what they are for").required();
    section.key("name", contact.name, "who they are").required();
    section.key("reach", contact.reach, "a telephone number, an address").required();
}

void describe(Section& section, RunbookSettings::Maintenance& maintenance) {
    section.key("on", maintenance.on, "what to do before a restore, in words");
    section.key("off", maintenance.off, "what to do after it");
}

void describe(Section& section, RunbookSettings::Page& page) {
    constexpr int least_status = 100;
    constexpr int most_status = 599;
    section.key("url", page.url, "what must answer after a restore")
        .required()
        .must(is_endpoint, endpoint_rule);
    section.key("expect", page.expect, "with this HTTP status")
        .at_least(least_status)
        .at_most(most_status);
}

void describe(Section& section, RunbookSettings& runbook) {
    section.key("language", runbook.language, "en or fr");
    section.list("contacts", runbook.contacts, "whom to call");
    section.key("approvals", runbook.approvals, "roles whose yes a restore takes");
    section.section("maintenance", runbook.maintenance, "how the application is taken away");
    section.list("verify", runbook.verify, "what must answer after a restore");
    section.key("error_tracker", runbook.error_tracker, "where its errors are seen, a link")
        .must(is_endpoint, endpoint_rule);
    section.key("target", runbook.target, "a whole restore is to take no longer");
    section.key("publish", runbook.publish, "a program that gets the written file's path");
    for (const std::string& role : runbook.approvals) {
        const bool is_known =
            std::ranges::find(runbook.contacts, role, &RunbookSettings::Contact::role) !=
            runbook.contacts.end();
        if (is_known) continue;
        section.complain("approvals", "approvals: no contact has the role " + in_quotes(role));
    }
    const bool is_by_path =
        !runbook.publish.empty() && runbook.publish.front().find('/') != std::string::npos;
    if (is_by_path && !runbook.publish.front().starts_with('/')) {
        section.complain(
            "publish.0",
            "publish: the program must be a name that is looked for in PATH, or an absolute path"
        );
    }
}

}  // namespace backupwatch
