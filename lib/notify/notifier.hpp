#pragma once
#include "async/task.hpp"
#include "core/certificate.hpp"
#include "core/incident/escalation.hpp"
#include "core/incident/notice.hpp"
#include "core/incident/outbox.hpp"
#include "core/time/time.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backupwatch {

/// What one send is to tell: one notice, or in a storm several at once.
struct Message {
    std::string id;  ///< the same at every try: Message-ID, webhook-id; letters, digits, - and _
    std::vector<Notice> notices;  ///< at least one; several: a digest, the most severe first
    /// The routing key that the incident was told with; empty: the notifier's own.
    std::string route;
    Instant now;  ///< of this try
    /// Resent with nothing but the bare words, because the last try's payload was refused.
    bool plain = false;
};

struct Receipt {
    SendResult result = SendResult::retry;
    std::string
        answer;  ///< the remote end's words, or why there are none; bounded, no secret in it
    std::optional<Duration> retry_after;  ///< as the remote end asked
    /// It was the key that was refused, Message::route, and not the way there.
    bool refuses_route = false;
    /// Nobody answered what was sent. Of `retry`: who knows it by its name is told it once.
    bool may_have_arrived = false;
    /// What the remote end showed, see HttpReply.
    std::optional<Certificate> certificate{};
};

/// What can be found out about a notifier without telling anybody anything.
struct TryOut {
    Receipt receipt;
    std::string hint;  ///< what would mend it, or empty
};

/// A way to tell people. One lane sends one message at a time.
class Notifier {
  public:
    virtual ~Notifier() = default;
    /// Its receivers, at least one.
    virtual const std::vector<Lane>& lanes() const = 0;
    /// Throws nothing but operation_aborted: whatever goes wrong is a receipt.
    virtual Task<Receipt> send(const Lane& lane, Message message) = 0;
    /// How many notices at once are a storm, and become one message; 0: never (a pager).
    virtual bool takes_digests() const { return true; }
    /// How many of these notices, from the first, one message can name; at least one. A storm that
    /// is larger is sent as several messages: `fits` of all, then `fits` of the rest.
    virtual std::size_t fits(std::span<const Notice> notices) const { return notices.size(); }
    /// Tries the way there, a log-in for instance. Nothing: that can't be done without a message.
    /// Throws nothing but operation_aborted.
    virtual Task<std::optional<TryOut>> try_out() { co_return std::nullopt; }
    /// Whether somebody sees it when a message comes again under its name.
    virtual bool shows_repeats() const { return true; }
    /// The least time between two sends of a lane.
    virtual Duration pace() const { return Duration(0); }
};

}  // namespace backupwatch
