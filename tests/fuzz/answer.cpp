// What a server of somebody else's answers, as it is shown to people.
#include "core/hiding.hpp"
#include "core/text.hpp"
#include "core/time/time.hpp"
#include "net/mail_dialogue.hpp"
#include "notify/receipt.hpp"
#include "target.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// A mail server's part of a dialogue, line by line; between them we say what we would.
void follow_dialogue(std::string_view bytes) {
    constexpr std::string_view said[] = {
        "EHLO me", "AUTH PLAIN", "MAIL FROM:<a>", "RCPT TO:<b>", "DATA", "QUIT"};
    MailDialogue dialogue;
    std::size_t step = 0;
    while (!bytes.empty()) {
        const auto end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
        dialogue.on_heard(bytes.substr(0, end));
        bytes.remove_prefix(end);
        expect(dialogue.code() >= 0 && dialogue.code() <= 999, "a code has three digits");
        expect(dialogue.text().size() <= 500, "what is kept is short");
        const bool is_line = std::ranges::none_of(dialogue.text(), [](unsigned char letter) {
            return letter < 0x20 || letter == 0x7f;
        });
        expect(is_line, "what is kept is a line");
        const std::string& code = dialogue.enhanced();
        expect(code.find_first_not_of("0123456789.") == code.npos, "a code is digits");
        if (step < std::size(said)) dialogue.on_said(said[step++]);
    }
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    follow_dialogue(bytes);
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
