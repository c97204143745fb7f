#include "notify/receipt.hpp"

#include "core/digits.hpp"
#include "core/hiding.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <exception>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_answer = 300;
constexpr Duration longest_wait = 1h;

constexpr std::array<std::string_view, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// `Sun, 22 Nov 2026 03:00:00 GMT`: the only form that servers may write today (RFC 9110).
std::optional<Instant> parse_http_date(std::string_view text) {
    const auto comma = text.find(", ");
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 2);
    const auto day = take_digits(text, 2, 31);
    if (!day || !take_any(text, " ") || text.size() < 3) return std::nullopt;
    const auto* month = std::find(months.begin(), months.end(), text.substr(0, 3));
    if (month == months.end()) return std::nullopt;
    text.remove_prefix(3);
    if (!take_any(text, " ")) return std::nullopt;
    const auto year = take_digits(text, 4, 9999);
    if (!year || !take_any(text, " ")) return std::nullopt;
    const auto hour = take_digits(text, 2, 23);
    if (!hour || !take_any(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2, 59);
    if (!minute || !take_any(text, ":")) return std::nullopt;
    const auto second = take_digits(text, 2, 60);
    if (!second || text != " GMT") return std::nullopt;
    const std::chrono::year_month_day date(
        std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
        std::chrono::day(static_cast<unsigned>(*day))
    );
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

/// What can still be said when the words themselves failed.
Wording bare_words(const Message& message, const std::string& error) {
    Wording wording;
    for (const Notice& notice : message.notices) {
        const std::string line = clean_line(
            std::string(to_string(notice.kind)) + ", " + std::string(to_string(notice.severity)) +
            ": " + target_of(notice.key) + " " + notice.key.check + ": " + notice.summary
        );
        if (wording.title.empty()) wording.title = cut(line, 150);
        wording.details.push_back(cut(line, 500));
    }
    if (message.notices.empty()) wording.title = "backupwatch: a message without a notice";
    wording.state = cut(clean_line("This message could not be worded in full: " + error), 500);
    return wording;
}

}  // namespace

std::string answer_of(std::string_view words, const std::vector<std::string>& secrets) {
    // Hidden before it is cut, so that no half of a secret is left at the end; and once more, since
    // a secret may have been broken by what is no longer there.
    const std::string answer = without(std::string(words.substr(0, 64 * 1024)), secrets);
    return cut_bytes(without(clean_line(answer), secrets), longest_answer);
}

std::optional<Duration> bounded_wait(std::optional<Duration> wait) {
    if (!wait) return wait;
    return std::clamp(*wait, Duration(0), longest_wait);
}

std::optional<Duration> parse_retry_after(std::string_view header, Instant now) {
    const std::string line = clean_line(header);
    if (const auto date = parse_http_date(line)) return bounded_wait(*date - now);
    const bool is_number = !line.empty() && std::all_of(line.begin(), line.end(), [](char c) {
        return c >= '0' && c <= '9';
    });
    if (!is_number) return std::nullopt;
    std::string_view digits = line;
    const auto seconds = take_number(digits);
    // A number that fits nowhere is an absurd one, not none.
    const auto most = static_cast<std::uint64_t>(longest_wait / 1s);
    return std::chrono::seconds(std::min(seconds.value_or(most), most));
}

Receipt receipt_of_no_reply(
    const HttpReply& reply, SendResult after_sending, const std::vector<std::string>& secrets
) {
    Receipt receipt;
    receipt.answer = answer_of(reply.error, secrets);
    receipt.certificate = reply.certificate;
    switch (reply.reached) {
        case Reached::nobody:
            receipt.result = SendResult::retry;
            break;
        case Reached::someone:
            receipt.result = after_sending;
            receipt.may_have_arrived = true;
            break;
        case Reached::impostor:
        case Reached::none_by_our_fault:
            receipt.result = SendResult::broken;
            break;
    }
    return receipt;
}

SendResult refusal_by_status(int status) {
    switch (status) {
        case 413:
            return SendResult::bad_payload;
        case 401:
        case 403:
        case 404:
        case 410:
            return SendResult::broken;
        default:
            return SendResult::retry;
    }
}

std::string status_and_words(const HttpReply& reply) {
    const std::string words = reply.body.empty() ? reply.error : reply.body;
    return "HTTP " + std::to_string(reply.status) + (words.empty() ? "" : ": " + words);
}

std::string rendered(
    Message message,
    const Links& links,
    const std::function<std::string(const Message&, const Wording&)>& render
) {
    std::string error;
    try {
        const Wording wording = message.notices.size() == 1
                                    ? word(message.notices.front(), links, message.now)
                                    : word(message.notices, message.now);
        return render(message, wording);
    } catch (const std::exception& failure) {
        error = failure.what();
    }
    message.plain = true;
    return render(message, bare_words(message, error));
}

}  // namespace backupwatch
