#pragma once
#include "core/wording/wording.hpp"
#include "net/http_client.hpp"
#include "notify/notifier.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What the notifiers have in common when they judge an answer.

/// The remote end's words as a receipt keeps them: on one line, bounded, and without `secrets`,
/// should it have repeated one.
std::string answer_of(std::string_view words, const std::vector<std::string>& secrets);

/// A Retry-After header, in seconds or as an HTTP-date; at most an hour, since more is an error or
/// a way to silence us. Nothing where it is neither.
std::optional<Duration> parse_retry_after(std::string_view header, Instant now);
/// No more than that hour.
std::optional<Duration> bounded_wait(std::optional<Duration> wait);

/// Of a request without a whole reply. `after_sending`: what it means that the request may have
/// been acted upon; `retry` where the remote end tells repeats apart.
Receipt receipt_of_no_reply(
    const HttpReply& reply, SendResult after_sending, const std::vector<std::string>& secrets
);

/// What an HTTP status that accepts nothing says by itself: too large, closed to us for good, or
/// else worth another try.
SendResult refusal_by_status(int status);

/// `HTTP 503: the words`.
std::string status_and_words(const HttpReply& reply);

/// `render` called with the message and its words. Where either throws, the message is still told:
/// `render` gets it as plain, with bare words that hold the error.
std::string rendered(
    Message message,
    const Links& links,
    const std::function<std::string(const Message&, const Wording&)>& render
);

}  // namespace backupwatch
