#include "notify/settings.hpp"

#include "config/name.hpp"
#include "notify/registry.hpp"

#include <algorithm>
#include <string_view>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// The keys of the notifier's own type. Where nobody knows which that is, those of all types are
/// valid: one error is enough.
void describe_type(Section& section, NotifierSettings& notifier) {
    if (const NotifierKind* kind = find_notifier_kind(notifier.type)) {
        kind->describe(section, notifier);
        return;
    }
    if (!notifier.type.empty()) {
        std::string message =
            "type: " + in_quotes(notifier.type) +
            " is none that this version of backupwatch has: " + listed(notifier_kind_names());
        const auto meant = nearest(notifier.type, notifier_kind_names());
        if (!meant.empty()) message += "; did you mean " + in_quotes(meant) + "?";
        section.complain("type", message);
    }
    for (const NotifierKind& kind : notifier_kinds()) {
        NotifierSettings unused;
        section.accept([&](Section& accepted) { kind.describe(accepted, unused); });
    }
}

bool is_link(const std::string& url) {
    return url.empty() || ((url.starts_with("https://") || url.starts_with("http://")) &&
                           std::none_of(url.begin(), url.end(), [](char c) {
                               return static_cast<unsigned char>(c) <= 0x20 || c == '<' ||
                                      c == '>' || c == '"' || c == '|';
                           }));
}

const std::string link_rule = "is no link: it must begin with https:// or http://";

}  // namespace

void describe(Section& section, NotifierSettings& notifier) {
    std::string types;
    for (const std::string_view type : notifier_kind_names()) {
        types += (types.empty() ? "" : ", ") + std::string(type);
    }
    section.key("type", notifier.type, types).required();
    notifier.name = notifier.type;
    section.key("name", notifier.name, "the notifier's name").must(is_name, name_rule);
    section.key("fallback", notifier.fallback, "the notifier that takes over while this is broken");
    describe_type(section, notifier);
    section.key("timeout", notifier.timeout, "one send may take this long")
        .at_least(1s)
        .at_most(10min);
    describe_network(section, notifier.network);
    section.key("runbook_url", notifier.links.runbook, "a link in every message")
        .must(is_link, link_rule);
    section.key("dashboard_url", notifier.links.dashboard, "a link in every message")
        .must(is_link, link_rule);
}

}  // namespace backupwatch
