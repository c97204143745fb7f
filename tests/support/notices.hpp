#pragma once
#include "core/incident/notice.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// A night on which something was wrong.
inline const Instant night = *parse_rfc3339("2026-11-22T03:00:00Z");

/// A notice with everything in it: the second failed night of `postry-ai/nightly`.
inline Notice failed_backup() {
    using namespace std::chrono_literals;
    Notice notice;
    notice.kind = NoticeKind::problem;
    notice.incident = 12;
    notice.key = {"postry-ai", "nightly", "backup"};
    notice.severity = Severity::critical;
    notice.summary = "the backup of 2026-11-22T03:00Z failed: connection refused";
    notice.since = night;
    notice.failures = 2;
    notice.last_backup = ProofMention{"20261120T030000Z", night - 48h, 151'200'000, std::nullopt};
    notice.last_drill = ProofMention{"20261120T030000Z", night - 47h, std::nullopt, 183.2};
    notice.made_at = night + 1s;
    return notice;
}

/// `count` databases whose set `nightly` failed.
inline std::vector<Notice> storm(int count) {
    std::vector<Notice> notices;
    for (int i = 0; i < count; ++i) {
        Notice notice = failed_backup();
        notice.incident = 100 + i;
        const std::string number = std::to_string(100'000 + i).substr(1);
        notice.key.database = "customer-" + number;
        notices.push_back(std::move(notice));
    }
    return notices;
}

/// What no name and no summary should be, and what must not break anything.
inline const std::vector<std::string>& hostile_texts() {
    using namespace std::string_literals;
    static const std::vector<std::string> texts{
        "a\r\nBcc: victim@example.com\r\n\r\nbody",
        "a\n.\nQUIT\n",
        "nul\0nul"s,
        "\x1B[31mred\x07",
        "turned \u202Eround\u2066 and \u200Fback",
        "broken \xFF\xFE \xC3 \xED\xA0\x80 \xF0\x9F",
        "<!channel> <!here|x> @here @channel <@U123> <https://evil.example|click>",
        "\"quotes\" 'single' `ticks` \\ \\u0000 {\"a\":1}",
        "</p><script>alert(1)</script>&amp;<!--",
        "=?utf-8?B?aGFsbG8=?= =3D=0A",
        "$(rm -rf /); `reboot` 'x",
        "\u65E5\u672C\u8A9E \U0001F525 \u00E9t\u00E9",
        std::string(20'000, 'x'),
        std::string(3'000, ' ') + "blank",
        [] {
            std::string fires;
            for (int i = 0; i < 2'000; ++i) fires += "\U0001F525";
            return fires;
        }(),
        [] {
            std::string marks;
            for (int i = 0; i < 5'000; ++i) marks += "<&>";
            return marks;
        }(),
        "",
    };
    return texts;
}

/// The failed backup with this text wherever there is one.
inline Notice hostile_notice(const std::string& text, NoticeKind kind = NoticeKind::problem) {
    Notice notice = failed_backup();
    notice.kind = kind;
    notice.key = {text, text, text};
    notice.summary = text;
    notice.value = text;
    notice.threshold = text;
    notice.consequences = {text, text};
    notice.members = {text, text};
    notice.last_backup->id = text;
    notice.last_drill->id = text;
    notice.next = NextStep{{text}, std::nullopt, 2};
    return notice;
}

inline const std::vector<NoticeKind>& all_kinds() {
    static const std::vector<NoticeKind> kinds{
        NoticeKind::problem,
        NoticeKind::worse,
        NoticeKind::again,
        NoticeKind::reminder,
        NoticeKind::acknowledged,
        NoticeKind::recovery,
        NoticeKind::unwatched,
        NoticeKind::passed_by,
        NoticeKind::digest,
        NoticeKind::noted,
        NoticeKind::test,
    };
    return kinds;
}

}  // namespace backupwatch
