#pragma once
#include "config/section.hpp"
#include "core/secret.hpp"
#include "net/network.hpp"
#include "notify/notifier.hpp"
#include "notify/settings.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace backupwatch {

/// `type: slack`: an incoming webhook.
struct SlackSettings : OwnNotifierSettings {
    Secret webhook_url;
};

void describe_slack(Section& section, NotifierSettings& notifier);
std::unique_ptr<Notifier> make_slack(const NotifierSettings& notifier, Network& network);

/// The JSON of a message. Blocks with a coloured bar; where those cannot hold all names, one long
/// text, which holds three times as much.
std::string slack_payload(const Message& message, const Links& links);
/// Judged by the body first: which status Slack sends with it has drifted over the years.
Receipt slack_receipt(const HttpReply& reply, const Secret& webhook_url, Instant now);

/// Of a message: `text` is cut behind 40,000 characters, blocks are refused beyond about 13,200.
constexpr std::size_t slack_text_limit = 39'000;
constexpr std::size_t slack_blocks_limit = 13'000;

}  // namespace backupwatch
