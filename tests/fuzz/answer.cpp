// What a server of somebody else's answers, as it is shown to people.
#include "core/hiding.hpp"
#include "core/text.hpp"
#include "core/time/time.hpp"
#include "notify/receipt.hpp"
#include "target.hpp"

namespace backupwatch {

void read_foreign_bytes(std::string_view bytes) {
    const std::string secret = "hunter2-is-secret";
    const std::vector<std::string> secrets = spellings_of(Secret(secret));
    const std::string answer = answer_of(bytes, secrets);
    expect(answer.find(secret) == std::string::npos, "no secret is shown");
    expect(answer == clean_line(answer), "an answer is one clean line");
    expect(answer.size() <= 400, "an answer is short");
    const Instant now = parse_rfc3339("2026-11-22T03:00:00Z").value();
    const auto wait = parse_retry_after(bytes, now);
    expect(!wait || (*wait >= Duration(0) && *wait <= std::chrono::hours(1)), "a wait is bounded");
    if (const auto instant = parse_rfc3339(bytes)) {
        expect(parse_rfc3339(to_rfc3339(*instant)) == instant, "a time reads back");
    }
}

}  // namespace backupwatch
