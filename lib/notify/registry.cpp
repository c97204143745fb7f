#include "notify/registry.hpp"

#include "notify/email.hpp"
#include "notify/pagerduty.hpp"
#include "notify/slack.hpp"
#include "notify/webhook.hpp"

namespace backupwatch {

std::span<const NotifierKind> notifier_kinds() {
    static constexpr NotifierKind kinds[]{
        {"email", describe_email, make_email},
        {"slack", describe_slack, make_slack},
        {"pagerduty", describe_pagerduty, make_pagerduty, true},
        {"webhook", describe_webhook, make_webhook},
    };
    return kinds;
}

std::vector<std::string_view> notifier_kind_names() {
    std::vector<std::string_view> names;
    for (const NotifierKind& kind : notifier_kinds()) names.push_back(kind.name);
    return names;
}

const NotifierKind* find_notifier_kind(std::string_view name) {
    for (const NotifierKind& kind : notifier_kinds()) {
        if (kind.name == name) return &kind;
    }
    return nullptr;
}

}  // namespace backupwatch
