#include "deliver/heartbeat.hpp"

#include "async/either.hpp"
#include "core/hiding.hpp"
#include "core/quoted_line.hpp"
#include "core/text.hpp"
#include "notify/receipt.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr Duration period_without = 5min;
/// As the protocol's authors advise; with the pauses between them four tries end within a minute.
constexpr Duration limit = 10s;
constexpr int most_tries = 4;
/// As much of a body as every server of this protocol keeps.
constexpr std::size_t longest_body = 10'000;

std::string joined(const std::vector<std::string>& reasons) {
    std::string text;
    for (const std::string& reason : reasons) text += (text.empty() ? "" : "\n") + reason;
    return text;
}

HttpRequest request_of(const HeartbeatSettings& settings, const std::vector<std::string>& reasons) {
    HttpRequest request;
    request.limit = limit;
    request.most_reply = 4096;
    request.network = settings.network;
    if (reasons.empty()) {
        // What every server of this kind takes.
        request.method = "GET";
        request.url = settings.url;
        return request;
    }
    request.url = Secret(fail_url(settings.url.reveal()));
    request.headers.emplace_back("Content-Type", Secret("text/plain; charset=utf-8"));
    request.body = cut_bytes(joined(reasons), longest_body);
    return request;
}

bool is_worth_another_try(const HttpReply& reply) {
    if (reply.status == 0) {
        return reply.reached != Reached::impostor && reply.reached != Reached::none_by_our_fault;
    }
    return reply.status >= 500 || reply.status == 429 || reply.status == 408;
}

}  // namespace

std::string heartbeat_error(const HttpReply& reply, const Secret& url) {
    const auto hide = [&](const std::string& words) { return answer_of(words, secrets_of(url)); };
    if (reply.status == 0) return hide(reply.error);
    // Healthchecks says "OK (not found)" and "OK (rate limited)" of pings that it ignores.
    const bool is_ignored = reply.body.starts_with("OK (");
    if (reply.status >= 200 && reply.status < 300 && !is_ignored) return {};
    return hide(status_and_words(reply));
}

Heartbeat::Heartbeat(
    Clock& clock, HttpClient& http, Audit audit, const asio::any_io_executor& executor
)
    : clock_(clock),
      http_(http),
      audit_(std::move(audit)),
      news_(executor, asio::steady_timer::time_point::max()) {}

void Heartbeat::use(std::optional<HeartbeatSettings> settings) {
    settings_ = std::move(settings);
    has_news_ = true;
    news_.cancel();
}

std::optional<Duration> Heartbeat::period() const {
    if (!settings_) return std::nullopt;
    return settings_->every;
}

Task<> Heartbeat::run() {
    for (;;) {
        has_news_ = false;
        const Duration begun = clock_.uptime();
        co_await beat();
        co_await wait(begun + period().value_or(period_without) - clock_.uptime());
    }
}

Task<> Heartbeat::beat() {
    auto audit = audit_();
    std::vector<std::string> reasons = co_await std::move(audit);
    note_audit(reasons);
    if (!settings_) co_return;
    HeartbeatSettings settings = *settings_;
    co_await ping(std::move(settings), std::move(reasons));
}

Task<> Heartbeat::ping(HeartbeatSettings settings, std::vector<std::string> reasons) {
    for (int attempt = 1;; ++attempt) {
        HttpRequest request = request_of(settings, reasons);
        const HttpReply reply = co_await http_.send(std::move(request));
        const std::string error = heartbeat_error(reply, settings.url);
        if (!error.empty()) ++state_.failures;
        if (error.empty() || attempt == most_tries || !is_worth_another_try(reply)) {
            note_ping(error);
            co_return;
        }
        co_await pause(clock_, attempt * 1s);
    }
}

void Heartbeat::note_audit(const std::vector<std::string>& reasons) {
    const bool is_passed = reasons.empty();
    if (!is_passed && state_.is_passed.value_or(true)) {
        spdlog::error("the self-audit fails reasons={}", quoted_line(joined(reasons)));
    } else if (is_passed && !state_.is_passed.value_or(true)) {
        spdlog::info("the self-audit passes again");
    }
    state_.is_passed = is_passed;
}

/// Once per change: it is tried again for ever.
void Heartbeat::note_ping(const std::string& error) {
    if (!error.empty() && error != state_.error) {
        spdlog::warn("the heartbeat does not arrive error={}", quoted_line(error));
    } else if (error.empty() && !state_.error.empty()) {
        spdlog::info("the heartbeat arrives again");
    }
    state_.error = error;
    if (error.empty()) state_.last_accepted = clock_.now();
}

/// Or until the settings were changed.
Task<> Heartbeat::wait(Duration duration) {
    if (has_news_ || duration <= Duration(0)) co_return;
    auto time = pause(clock_, duration);
    auto news = wait_for_news();
    co_await either(std::move(time), std::move(news));
}

Task<> Heartbeat::wait_for_news() {
    boost::system::error_code woken;
    co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

}  // namespace backupwatch
