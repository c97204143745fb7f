#include "core/wording/wording.hpp"

#include "core/size.hpp"
#include "core/text.hpp"
#include "core/wording/advice.hpp"
#include "core/wording/pieces.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace backupwatch {
namespace {

constexpr std::size_t longest_title = 150;
constexpr std::size_t most_members_named = 10;

/// `postry-ai/nightly backup`.
std::string subject(const Notice& notice) {
    return target_of(notice.key) + " " + notice.key.check;
}

std::string the_check(const Notice& notice) {
    return "the check " + notice.key.check + " of " + target_of(notice.key);
}

/// What is neither the failing of a check nor its end.
bool is_of_no_check(NoticeKind kind) {
    return kind == NoticeKind::digest || kind == NoticeKind::noted || kind == NoticeKind::test;
}

bool is_over(NoticeKind kind) {
    return kind == NoticeKind::recovery || kind == NoticeKind::unwatched ||
           kind == NoticeKind::passed_by;
}

std::string title_start(const Notice& notice) {
    const std::string severity = in_capitals(notice.severity);
    switch (notice.kind) {
        case NoticeKind::problem:
            return severity;
        case NoticeKind::worse:
            return severity + " (got worse)";
        case NoticeKind::again:
            return severity + " (again)";
        case NoticeKind::reminder:
            return severity + " (reminder)";
        case NoticeKind::acknowledged:
            return "ACKNOWLEDGED";
        case NoticeKind::recovery:
            return "RECOVERED";
        case NoticeKind::unwatched:
            return "NO LONGER WATCHED";
        case NoticeKind::passed_by:
            return "OVER, WAS " + severity;
        case NoticeKind::digest:
        case NoticeKind::noted:
        case NoticeKind::test:
            break;
    }
    return {};
}

/// Behind a colon, or nothing.
std::string behind(const std::string& summary) {
    return summary.empty() ? "" : ": " + summary;
}

std::string title_of(const Notice& notice) {
    if (notice.kind == NoticeKind::test) return "TEST of backupwatch: no action is needed";
    if (notice.kind == NoticeKind::digest) {
        return cut("backupwatch, proven last night" + behind(notice.summary), longest_title);
    }
    if (notice.kind == NoticeKind::noted) {
        const std::string& database = notice.key.database;
        const std::string whose = database.empty() ? "backupwatch" : "backupwatch, " + database;
        return cut(whose + behind(notice.summary), longest_title);
    }
    const std::string start = title_start(notice) + " " + subject(notice);
    return cut(start + behind(notice.summary), longest_title);
}

/// What was measured, where the summary does not say it. Of `backup` it always says what decided:
/// the age of the last one decides nothing while the newest has failed.
std::string measured(const Notice& notice) {
    if (notice.key.check == "backup" || notice.value == notice.threshold) return {};
    if (notice.value.empty() || notice.summary.find(notice.value) != std::string::npos) return {};
    std::string text = " Measured: " + notice.value;
    if (!notice.threshold.empty()) text += "; held against: " + notice.threshold;
    return text + ".";
}

/// Whom one cause makes fail: first of all, so that nobody reads on for a database that is fine.
std::string members_of(const Notice& notice) {
    if (notice.members.empty()) return {};
    return " " + counted(notice.members.size(), "database") +
           (notice.members.size() == 1 ? " fails" : " fail") +
           " by this one cause: " + listed(notice.members, most_members_named) + ".";
}

std::string verdict_of(const Notice& notice) {
    if (notice.severity == Severity::warning) return "a warning";
    return std::string(to_string(notice.severity));
}

std::string failing_state(const Notice& notice) {
    return sentence(the_check(notice) + " is " + verdict_of(notice) + behind(notice.summary)) +
           measured(notice) + members_of(notice);
}

/// Sentences begin with a capital.
std::string begun(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    }
    return text;
}

std::string state_of(const Notice& notice) {
    const std::string severity(to_string(notice.severity));
    switch (notice.kind) {
        case NoticeKind::problem:
            return begun(failing_state(notice));
        case NoticeKind::worse:
            return "It got worse: " + failing_state(notice);
        case NoticeKind::again:
            return "It failed once more: " + failing_state(notice);
        case NoticeKind::reminder:
            return "A reminder, as nobody has acknowledged it: " + failing_state(notice);
        case NoticeKind::acknowledged:
            return "Somebody has acknowledged it: " + failing_state(notice);
        case NoticeKind::recovery:
            return sentence(begun(the_check(notice)) + " passes again" + behind(notice.summary)) +
                   " At its worst it was " + verdict_of(notice) + ".";
        case NoticeKind::unwatched:
            return target_of(notice.key) + " was taken out of the configuration while its check " +
                   notice.key.check + " failed (" + severity + "): nothing watches it any more" +
                   (notice.summary.empty() ? "." : ". Found last: " + sentence(notice.summary));
        case NoticeKind::passed_by:
            return sentence(
                begun(the_check(notice)) + " failed (" + severity +
                ") and passes again; neither could be told before" + behind(notice.summary)
            );
        case NoticeKind::digest:
            return sentence(notice.summary);
        case NoticeKind::noted:
            return sentence(begun(notice.summary));
        case NoticeKind::test:
            break;
    }
    return "This is a test: messages of backupwatch reach you here. No action is needed." +
           (notice.summary.empty() ? "" : " " + sentence(begun(notice.summary)));
}

std::string since_of(const Notice& notice, Instant now) {
    // It may arrive days later, and then it is about another night.
    if (notice.kind == NoticeKind::digest || notice.kind == NoticeKind::noted) {
        return "As of " + moment_and_age(notice.made_at, now) + ".";
    }
    if (is_of_no_check(notice.kind)) return {};
    if (is_over(notice.kind)) {
        const Instant end = notice.ended_at.value_or(notice.made_at);
        std::string text =
            notice.kind == NoticeKind::unwatched ? "It had been failing from " : "It failed from ";
        text += in_words(notice.since) + " to " + in_words(end);
        if (end >= notice.since) text += ", for " + in_words(end - notice.since);
        return text + (notice.kind == NoticeKind::unwatched ? "." : ", and is over.");
    }
    std::string text = "Failing since " + moment_and_age(notice.since, now);
    if (notice.failures > 0) {
        const auto failures = static_cast<std::size_t>(notice.failures);
        text += ", " + counted(failures, "failure") + (failures > 1 ? " in a row" : "");
    }
    return text + ".";
}

/// Checks of what is ours, and of a disk, have no backup to speak of.
bool has_proofs(const Notice& notice) {
    static constexpr std::array<std::string_view, 8> checks{
        "backup", "retention", "size", "shape", "restore", "after_backup", "source", "pitr"};
    const bool is_ours = notice.key.database == "backupwatch";
    return !is_ours && std::find(checks.begin(), checks.end(), notice.key.check) != checks.end();
}

std::vector<std::string> proofs_of(const Notice& notice, Instant now) {
    std::vector<std::string> proofs;
    if (notice.last_backup) {
        const ProofMention& backup = *notice.last_backup;
        std::string text =
            "Last completed backup: " + backup.id + ", " + moment_and_age(backup.at, now);
        if (backup.size_bytes) text += ", " + size_in_words(*backup.size_bytes);
        proofs.push_back(text + ".");
    } else if (has_proofs(notice)) {
        proofs.emplace_back("Last completed backup: none is known.");
    }
    if (notice.last_drill) {
        const ProofMention& drill = *notice.last_drill;
        std::string text =
            "Last passed drill: of " + drill.id + ", " + moment_and_age(drill.at, now);
        if (drill.seconds) {
            const std::chrono::duration<double> took(std::clamp(*drill.seconds, 0.0, 1e9));
            text += ", restored in " + in_words(std::chrono::duration_cast<Duration>(took));
        }
        proofs.push_back(text + ".");
    } else if (has_proofs(notice)) {
        proofs.emplace_back("Last passed drill: none is known.");
    }
    return proofs;
}

std::vector<Advice> to_do_of(const Notice& notice, const Links& links) {
    switch (notice.kind) {
        case NoticeKind::recovery:
        case NoticeKind::noted:
        case NoticeKind::test:
            return {};
        case NoticeKind::digest:
            if (notice.severity == Severity::ok) return {};
            return {{"See everything at a glance", "backupwatch status", ""}};
        case NoticeKind::passed_by:
            // What is ours is no database that could be looked at.
            if (notice.key.database == "backupwatch") {
                return {{"See how it stands", "backupwatch status", ""}};
            }
            return {
                {"See that it is over",
                 "backupwatch check " + shell_word(target_of(notice.key)),
                 ""}};
        case NoticeKind::unwatched:
            return {
                {"If that was a mistake, put it back, and see that it is valid",
                 "backupwatch check-config",
                 ""}};
        default:
            return advice_for(notice, links);
    }
}

bool is_acknowledged(const Notice& notice, Instant now) {
    return notice.acknowledged_until && *notice.acknowledged_until > now;
}

std::string next_of(const Notice& notice, Instant now) {
    if (is_of_no_check(notice.kind) || is_over(notice.kind)) return {};
    std::string text;
    if (is_acknowledged(notice, now)) {
        text = "Acknowledged: no reminder before " + in_words(*notice.acknowledged_until) + ".";
    }
    if (!notice.next || notice.next->notifiers.empty()) return text;
    if (!text.empty()) text += " ";
    const NextStep& next = *notice.next;
    text += "If it still fails, " + all_of(next.notifiers) +
            (next.notifiers.size() == 1 ? " is" : " are") + " called ";
    if (next.at) {
        text += "at " + in_words(*next.at);
        if (*next.at > now) text += ", in " + in_words(*next.at - now);
    } else {
        text += "at " + std::to_string(next.consecutive_failures) + " failures in a row";
    }
    return text + ".";
}

std::optional<Advice> acknowledge_of(const Notice& notice, Instant now) {
    const bool is_open = !is_over(notice.kind) && !is_of_no_check(notice.kind);
    if (!is_open || notice.incident <= 0 || is_acknowledged(notice, now)) return std::nullopt;
    if (notice.kind == NoticeKind::acknowledged) return std::nullopt;
    return Advice{
        "To stop the reminders for 24 h",
        "backupwatch acknowledge " + std::to_string(notice.incident),
        ""};
}

std::vector<std::string> details_of(const Notice& notice) {
    std::vector<std::string> details;
    if (notice.members.size() > most_members_named) {
        details.push_back("All that fail by it: " + all_of(notice.members) + ".");
    }
    for (const std::string& consequence : notice.consequences) {
        if (consequence.empty()) continue;
        const bool is_list = notice.kind == NoticeKind::digest || notice.kind == NoticeKind::noted;
        const char* const start = is_list ? "" : "It follows: ";
        details.push_back(start + sentence(consequence));
    }
    return details;
}

/// `- words:` and what to paste on a line of its own.
std::string as_plain_text(const Advice& advice, const std::string& start) {
    std::string text = start + advice.text;
    if (!advice.command.empty()) text += ":\n    " + advice.command;
    if (!advice.link.empty()) text += ":\n    " + advice.link;
    return text + "\n";
}

}  // namespace

Links with_page(Links links, const Notice& notice) {
    if (!notice.provider_page.empty()) links.provider = notice.provider_page;
    return links;
}

Wording word(const Notice& foreign, const Links& links, Instant now) {
    const Notice notice = cleaned(foreign);
    Wording wording;
    wording.title = title_of(notice);
    wording.state = state_of(notice);
    wording.since = since_of(notice, now);
    if (!is_of_no_check(notice.kind)) wording.proofs = proofs_of(notice, now);
    wording.to_do = to_do_of(notice, cleaned(with_page(links, notice)));
    wording.next = next_of(notice, now);
    wording.acknowledge = acknowledge_of(notice, now);
    wording.details = details_of(notice);
    return wording;
}

std::string plain_text(const Wording& wording) {
    std::string text;
    const auto paragraph = [&text](const std::string& words) {
        if (!words.empty()) text += (text.empty() ? "" : "\n") + words + "\n";
    };
    const auto lines = [](const std::vector<std::string>& all) {
        std::string joined;
        for (const std::string& line : all) joined += (joined.empty() ? "" : "\n") + line;
        return joined;
    };
    paragraph(wording.title);
    paragraph(wording.state);
    paragraph(wording.since);
    paragraph(lines(wording.proofs));
    if (!wording.to_do.empty()) {
        text += "\nWhat to do:\n";
        for (const Advice& advice : wording.to_do) text += as_plain_text(advice, "- ");
    }
    paragraph(wording.next);
    if (wording.acknowledge) text += "\n" + as_plain_text(*wording.acknowledge, "");
    paragraph(lines(wording.details));
    return text;
}

}  // namespace backupwatch
