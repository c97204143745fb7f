#pragma once
#include "config/section.hpp"
#include "core/secret.hpp"
#include "net/network.hpp"
#include "notify/notifier.hpp"
#include "notify/settings.hpp"

#include <memory>
#include <string>

namespace backupwatch {

/// `type: pagerduty`: the Events API, version 2.
struct PagerDutySettings : OwnNotifierSettings {
    std::string url = "https://events.pagerduty.com/v2/enqueue";
    Secret routing_key;
};

void describe_pagerduty(Section& section, NotifierSettings& notifier);
std::unique_ptr<Notifier> make_pagerduty(const NotifierSettings& notifier, Network& network);

/// The JSON of the event that the message's one notice is. `routing_key`: where message.route has
/// none, since an incident is resolved with the key that it was opened with.
std::string pagerduty_payload(
    const Message& message, const Links& links, const Secret& routing_key
);
Receipt pagerduty_receipt(const HttpReply& reply, const Secret& routing_key, Instant now);

}  // namespace backupwatch
