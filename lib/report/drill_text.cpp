#include "report/drill_text.hpp"

#include "core/size.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sstream>

namespace backupwatch {
namespace {

/// More than this many rows of a list help nobody; `--json` has them all.
constexpr std::size_t most_tables = 40;
constexpr std::size_t most_errors = 20;

std::string seconds_text(double seconds) {
    const auto duration = std::chrono::round<Duration>(std::chrono::duration<double>(seconds));
    if (duration >= std::chrono::minutes(1)) return in_words(duration);
    char text[32];
    std::snprintf(text, sizeof text, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
    return text;
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) {
        digits.insert(static_cast<std::size_t>(i), 1, ',');
    }
    return digits;
}

std::string target_text(const DrillReport& report) {
    // As it was configured: 5m.
    const std::chrono::duration<double> target(report.target_seconds);
    return "target " + to_text(std::chrono::round<Duration>(target)) +
           (report.is_slow() ? ": missed" : ": met");
}

std::string verdict(const DrillReport& report) {
    const auto& errors = report.verification.errors;
    const std::string of = report.database + "/" + report.set + " " + id_and_label(report.backup);
    switch (report.result) {
        case DrillOutcome::Result::passed:
            return "PASSED: " + of + " restores, in " + seconds_text(report.restore_seconds()) +
                   " (" + target_text(report) + ")";
        case DrillOutcome::Result::failed:
            return "FAILED: " + of + ": " +
                   (errors.empty() ? "it does not restore" : errors.front());
        case DrillOutcome::Result::unknown:
            break;
    }
    return "UNKNOWN: " + of + " could not be drilled: " + (errors.empty() ? "" : errors.front());
}

std::string rows_sentence(const DrillReport& report) {
    const auto& tables = report.verification.tables;
    const auto good = std::count_if(tables.begin(), tables.end(), [](const auto& t) {
        return t.ok && t.compared;
    });
    return std::to_string(good) + " of " + std::to_string(tables.size()) + " tables verified, " +
           grouped(report.verified_rows()) + " rows";
}

std::string recommendation(const DrillReport& report) {
    switch (report.result) {
        case DrillOutcome::Result::passed:
            return report.is_slow()
                       ? "The backup is good, but restoring it takes longer than the target. "
                         "Restore "
                         "with more jobs or a faster machine, or agree on another target."
                       : "None: this backup restores completely and in time.";
        case DrillOutcome::Result::failed:
            return "Do not rely on this backup. Take a new one now, drill it (`backupwatch drill " +
                   report.database + "/" + report.set +
                   "`), and keep the older ones until it has passed.";
        case DrillOutcome::Result::unknown:
            break;
    }
    return "This says nothing about the backup. Mend what kept the drill from running, then run "
           "`backupwatch drill " +
           report.database + "/" + report.set + "` again.";
}

/// A pipe would end a cell of a Markdown table.
std::string cell(std::string text) {
    for (std::size_t i = 0; (i = text.find_first_of("|\n", i)) != std::string::npos; i += 2) {
        text.replace(i, 1, text[i] == '|' ? "\\|" : "  ");
    }
    return text;
}

void write_tables(std::ostream& out, const Verification& verification) {
    auto tables = verification.tables;
    std::stable_sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) {
        return std::pair(a.ok, b.rows) < std::pair(b.ok, a.rows);
    });
    out << "\n## Tables\n\n| table | rows expected | rows found | content | ok |\n"
           "|---|---:|---:|---|---|\n";
    for (std::size_t i = 0; i < std::min(tables.size(), most_tables); ++i) {
        const auto& table = tables[i];
        const bool hashed = !table.expected_hash.empty() && !table.hash.empty();
        out << "| `" << cell(table.name) << "` | " << grouped(table.expected_rows) << " | "
            << grouped(table.rows) << " | "
            << (!hashed                             ? "not compared"
                : table.expected_hash == table.hash ? "same"
                                                    : "differs")
            << " | " << (table.ok ? "yes" : "**no**") << " |\n";
    }
    if (tables.size() > most_tables) {
        out << "\n" << tables.size() - most_tables << " more in `drill --json`.\n";
    }
}

void write_skipped(
    std::ostream& out, const std::vector<SkippedPart>& skipped, bool of_platform, const char* title
) {
    if (std::ranges::count(skipped, of_platform, &SkippedPart::of_platform) == 0) return;
    out << "\n## " << title << "\n\n";
    for (const auto& part : skipped) {
        if (part.of_platform == of_platform) out << "- " << part.what << ": " << part.why << "\n";
    }
}

/// Failed, skipped, passed: each a list of its own, where it has anything.
void write_checks(std::ostream& out, const Verification& verification) {
    const auto& [tables, checks, skipped, errors] = verification;
    const auto write_those = [&out, &all = checks](bool ok) {
        for (const auto& check : all) {
            if (check.ok == ok) out << "- " << check.name << ": " << check.detail << "\n";
        }
    };
    const bool any_failed =
        std::ranges::any_of(checks, [](const auto& check) { return !check.ok; });
    if (any_failed || !errors.empty()) {
        out << "\n## Failed\n\n";
        write_those(false);
        for (std::size_t i = 0; i < std::min(errors.size(), most_errors); ++i) {
            out << "- " << errors[i] << "\n";
        }
        if (errors.size() > most_errors) {
            out << "- and " << errors.size() - most_errors << " more in `drill --json`\n";
        }
    }
    write_skipped(out, skipped, false, "Skipped");
    write_skipped(out, skipped, true, "Skipped: the platform's");
    if (std::ranges::any_of(checks, &VerifiedCheck::ok)) {
        out << "\n## Passed\n\n";
        write_those(true);
    }
}

}  // namespace

std::string drill_text(const DrillReport& report) {
    std::ostringstream out;
    out << verdict(report) << "\n";
    out << "  backup   " << id_and_label(report.backup);
    if (report.backup.size_bytes) out << ", " << size_in_words(*report.backup.size_bytes);
    if (report.backup.finished_at) out << ", taken " << to_rfc3339(*report.backup.finished_at);
    out << "\n" << verified_text(report);
    return out.str();
}

std::string verified_text(const DrillReport& report) {
    std::ostringstream out;
    if (!report.phases.empty()) {
        out << "  time     " << seconds_text(report.seconds) << ":";
        for (const auto& phase : report.phases) {
            out << " " << phase.name << " " << seconds_text(phase.seconds);
        }
        out << "\n";
    }
    if (!report.verification.tables.empty()) out << "  rows     " << rows_sentence(report) << "\n";
    // What failed first, and what passed last: that is what a reader may leave out.
    const auto& [tables, checks, skipped, errors] = report.verification;
    for (const auto& check : checks) {
        if (!check.ok) out << "  FAILED   " << check.name << ": " << check.detail << "\n";
    }
    for (std::size_t i = 1; i < std::min(errors.size(), most_errors); ++i) {
        out << "  error    " << errors[i] << "\n";
    }
    if (errors.size() > most_errors) {
        out << "  error    and " << errors.size() - most_errors << " more\n";
    }
    for (const auto& part : skipped) {
        out << (part.of_platform ? "  platform " : "  skipped  ") << part.what << ": " << part.why
            << "\n";
    }
    for (const auto& check : checks) {
        if (check.ok) out << "  ok       " << check.name << ": " << check.detail << "\n";
    }
    return out.str();
}

std::string drill_markdown(const DrillReport& report) {
    std::ostringstream out;
    out << "# Restore test: " << report.database << "/" << report.set << "\n\n**" << verdict(report)
        << "**\n\n| | |\n|---|---|\n";
    out << "| backup | `" << report.backup.id << "` |\n";
    if (!report.backup.label.empty()) out << "| label | " << cell(report.backup.label) << " |\n";
    if (report.backup.finished_at) {
        out << "| taken | " << to_rfc3339(*report.backup.finished_at) << " |\n";
    }
    if (report.backup.size_bytes) {
        out << "| size | " << size_in_words(*report.backup.size_bytes) << " |\n";
    }
    out << "| tested | " << to_rfc3339(report.started_at) << ", " << seconds_text(report.seconds)
        << " in all |\n";
    out << "| restored in | " << seconds_text(report.restore_seconds()) << " ("
        << target_text(report) << ") |\n";
    out << "| verified | " << rows_sentence(report) << " |\n";

    out << verified_markdown(report);
    out << "\n## Recommendation\n\n" << recommendation(report) << "\n";
    return out.str();
}

std::string verified_markdown(const DrillReport& report) {
    std::ostringstream out;
    out << "\n## Time\n\n| phase | time |\n|---|---:|\n";
    for (const auto& phase : report.phases) {
        out << "| " << phase.name << " | " << seconds_text(phase.seconds) << " |\n";
    }
    if (!report.verification.tables.empty()) write_tables(out, report.verification);
    write_checks(out, report.verification);
    if (!report.commands.empty()) {
        out << "\n## Restored with\n\n```sh\n";
        for (const auto& command : report.commands) out << command << "\n";
        out << "```\n";
    }
    return out.str();
}

}  // namespace backupwatch
