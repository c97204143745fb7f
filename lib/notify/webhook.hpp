#pragma once
#include "config/section.hpp"
#include "core/secret.hpp"
#include "net/network.hpp"
#include "notify/notifier.hpp"
#include "notify/settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// `type: webhook`: JSON signed as Standard Webhooks 1.0.0 says.
struct WebhookSettings : OwnNotifierSettings {
    Secret url;
    Secret secret;  ///< `whsec_` and base64, or the bytes themselves
};

void describe_webhook(Section& section, NotifierSettings& notifier);
std::unique_ptr<Notifier> make_webhook(const NotifierSettings& notifier, Network& network);

/// The key that a secret stands for; nothing where it is none, or too short to be one.
std::optional<std::string> webhook_key(const Secret& secret);
/// `{"type", "timestamp", "data"}`, as docs/notifiers.md says.
std::string webhook_payload(const Message& message, const Links& links);
/// webhook-id, webhook-timestamp (of the try) and webhook-signature. `key`: of webhook_key.
std::vector<std::pair<std::string, std::string>> webhook_headers(
    const std::string& id, Instant now, const std::string& body, const std::string& key
);
Receipt webhook_receipt(const HttpReply& reply, const WebhookSettings& webhook, Instant now);

/// Beyond this no further notice is put into a message.
constexpr std::size_t webhook_body_limit = 500'000;

}  // namespace backupwatch
