#include "sources/supabase/allowance.hpp"

#include "core/digits.hpp"

#include <algorithm>
#include <optional>

namespace backupwatch {
namespace {

constexpr Duration window = std::chrono::minutes(1);

/// Seconds, as a header has them; none: there is none, or it is no number. Whatever else they say,
/// they are no shorter and no longer than may be.
std::optional<Duration> seconds_in(std::string_view text) {
    const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    if (!is_number) return std::nullopt;
    const auto most =
        static_cast<std::uint64_t>(Allowance::longest_block / std::chrono::seconds(1));
    const Duration seconds = std::chrono::seconds(std::min(take_number(text).value_or(most), most));
    return std::max(seconds, Allowance::shortest_block);
}

std::string_view value_of(const std::map<std::string, std::string>& headers, const char* name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

Duration Allowance::wait(Duration now, std::size_t most) const {
    Duration until = blocked_until_;
    if (sent_.size() >= most) {
        until = std::max(until, sent_[sent_.size() - most] + window);
    }
    return std::max(until - now, Duration(0));
}

void Allowance::note_sent(Duration now) {
    while (!sent_.empty() && sent_.front() + window <= now) sent_.pop_front();
    sent_.push_back(now);
}

void Allowance::note_reply(
    int status,
    const std::map<std::string, std::string>& headers,
    const std::string& retry_after,
    double spread,
    Duration now
) {
    constexpr int too_many = 429;
    const auto reset = seconds_in(value_of(headers, limit_reset_header));
    const bool is_used_up = value_of(headers, limit_remaining_header) == "0" && reset;
    if (status != too_many && !is_used_up) return;
    const auto later = seconds_in(retry_after);
    Duration block = usual_block;
    if (reset || later) block = std::max(reset.value_or(Duration(0)), later.value_or(Duration(0)));
    const Duration more(static_cast<Duration::rep>(static_cast<double>(block.count()) * spread / 4)
    );
    blocked_until_ = std::max(blocked_until_, now + block + more);
}

}  // namespace backupwatch
