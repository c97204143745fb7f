#include "core/wording/digest.hpp"

#include "core/size.hpp"
#include "core/text.hpp"
#include "core/wording/pieces.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace backupwatch {
namespace {

/// So that it fits into the blocks of a chat (50 blocks, 13,000 characters) with what follows.
constexpr std::size_t most_lines = 38;
constexpr std::size_t most_bytes = 7000;
constexpr std::size_t longest_wrong = 300;
/// Of the names of those that have no line of their own, per standing.
constexpr std::size_t most_name_bytes = 800;

/// In the order in which they are told.
enum class Proof { critical, unknown, warning, unproven, well };
constexpr std::array all_standings{
    Proof::critical, Proof::unknown, Proof::warning, Proof::unproven, Proof::well};

Proof standing_of(Severity severity) {
    switch (severity) {
        case Severity::critical:
            return Proof::critical;
        case Severity::unknown:
            return Proof::unknown;
        case Severity::warning:
            return Proof::warning;
        case Severity::ok:
            break;
    }
    return Proof::well;
}

Proof standing_of(const SetProof& set) {
    if (set.severity != Severity::ok) return standing_of(set.severity);
    return set.is_drilled && set.last_backup && set.last_drill ? Proof::well : Proof::unproven;
}

struct Entry {
    Proof standing;
    std::string name;
    std::string line;
    bool is_set;
};

std::string start_of(Proof standing, const std::string& name) {
    switch (standing) {
        case Proof::critical:
            return "CRITICAL " + name + ": ";
        case Proof::unknown:
            return "UNKNOWN " + name + ": ";
        case Proof::warning:
            return "WARNING " + name + ": ";
        case Proof::unproven:
            return "NOT PROVEN " + name + ": ";
        case Proof::well:
            break;
    }
    return name + ": ";
}

std::string age_of(Instant at, Instant now) {
    return at > now ? "of " + in_words(at) : in_words(now - at) + " old";
}

std::string backup_of(const SetProof& set, Instant now) {
    if (!set.is_listed) return "which backups there are is not known";
    if (!set.last_backup) return "no completed backup is known";
    const ProofMention& backup = *set.last_backup;
    std::string text = "newest backup " + backup.id + ", " + age_of(backup.at, now);
    if (backup.size_bytes) text += ", " + size_in_words(*backup.size_bytes);
    return text;
}

std::string drill_of(const SetProof& set, Instant now) {
    if (!set.last_drill) {
        return set.is_drilled ? "never proven to restore yet"
                              : "nothing proves that it restores: it has no drill";
    }
    const ProofMention& drill = *set.last_drill;
    const bool is_of_newest = set.last_backup && set.last_backup->id == drill.id;
    std::string text = is_of_newest ? "restored" : "last restored from " + drill.id;
    if (drill.seconds) {
        const std::chrono::duration<double> took(std::clamp(*drill.seconds, 0.0, 1e9));
        text += " in " + in_words(std::chrono::duration_cast<Duration>(took));
        if (set.target) text += " (target " + in_words(*set.target) + ")";
    }
    return text + (drill.at > now ? " at " + in_words(drill.at)
                                  : ", " + in_words(now - drill.at) + " ago");
}

Entry entry_of(const SetProof& set, Instant now) {
    Entry entry;
    entry.standing = standing_of(set);
    entry.name = target_of(cleaned(IncidentKey{set.database, set.set, "backup"}));
    entry.is_set = true;
    entry.line = start_of(entry.standing, entry.name);
    if (!set.wrong.empty()) entry.line += cut(clean_line(set.wrong), longest_wrong) + "; ";
    entry.line += backup_of(set, now) + "; " + drill_of(set, now);
    if (set.next) entry.line += "; next run " + in_words(*set.next);
    return entry;
}

Entry entry_of(const OtherProof& other) {
    const std::string name = clean_line(other.what);
    const Proof standing = standing_of(other.severity);
    const std::string line =
        start_of(standing, name) + cut(clean_line(other.summary), longest_wrong);
    return {standing, name, line, false};
}

std::string words_of(Proof standing) {
    switch (standing) {
        case Proof::critical:
            return "critical";
        case Proof::unknown:
            return "unknown";
        case Proof::warning:
            return "with a warning";
        case Proof::unproven:
            return "without proof";
        case Proof::well:
            break;
    }
    return "well";
}

/// `CRITICAL as well: a, b and 4 more`.
std::string rest_of(Proof standing, const std::vector<std::string>& names) {
    const std::string count = std::to_string(names.size());
    if (standing == Proof::well) return "And " + count + " more: all of them well";
    std::size_t bytes = 0;
    std::size_t most = 0;
    for (const std::string& name : names) {
        bytes += name.size() + 2;
        if (bytes > most_name_bytes) break;
        ++most;
    }
    return count + " more " + words_of(standing) + ": " +
           listed(names, std::max<std::size_t>(most, 1));
}

std::string summary_of(const std::vector<Entry>& entries) {
    std::array<std::size_t, all_standings.size()> sets{};
    std::vector<std::string> others;
    std::size_t count = 0;
    for (const Entry& entry : entries) {
        if (entry.is_set) {
            ++count;
            ++sets[static_cast<std::size_t>(entry.standing)];
        } else if (entry.standing != Proof::well) {
            others.push_back(entry.name);
        }
    }
    std::string text = "no backup set is watched";
    if (count > 0) {
        const std::size_t proven = sets[static_cast<std::size_t>(Proof::well)];
        text = std::to_string(proven) + " of " + counted(count, "backup set") +
               (count == 1 ? " is" : " are") + " proven to restore and well";
    }
    std::string rest;
    for (const Proof standing : all_standings) {
        const std::size_t number = sets[static_cast<std::size_t>(standing)];
        if (standing == Proof::well || number == 0) continue;
        rest += (rest.empty() ? "" : ", ") + std::to_string(number) + " " + words_of(standing);
    }
    if (!rest.empty()) text += "; " + rest;
    if (!others.empty()) text += "; not well: " + listed(others);
    return text;
}

std::vector<std::string> lines_of(const std::vector<Entry>& entries) {
    std::vector<std::string> lines;
    std::size_t bytes = 0;
    std::size_t shown = 0;
    for (const Entry& entry : entries) {
        bytes += entry.line.size();
        if (shown == most_lines || bytes > most_bytes) break;
        lines.push_back(entry.line);
        ++shown;
    }
    for (const Proof standing : all_standings) {
        std::vector<std::string> names;
        for (std::size_t i = shown; i < entries.size(); ++i) {
            if (entries[i].standing == standing) names.push_back(entries[i].name);
        }
        if (!names.empty()) lines.push_back(rest_of(standing, names));
    }
    return lines;
}

}  // namespace

Notice make_digest(const DigestFacts& facts, Instant now) {
    std::vector<Entry> entries;
    Notice notice;
    for (const SetProof& set : facts.sets) {
        entries.push_back(entry_of(set, now));
        const bool is_unproven = entries.back().standing == Proof::unproven;
        const Severity severity = is_unproven ? Severity::warning : set.severity;
        notice.severity = std::max(notice.severity, severity);
    }
    for (const OtherProof& other : facts.others) {
        entries.push_back(entry_of(other));
        notice.severity = std::max(notice.severity, other.severity);
    }
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& one, const Entry& other) {
        return one.standing < other.standing;
    });
    notice.kind = NoticeKind::digest;
    notice.key = {"backupwatch", "", "digest"};
    notice.summary = summary_of(entries);
    notice.consequences = lines_of(entries);
    notice.since = now;
    notice.made_at = now;
    return notice;
}

}  // namespace backupwatch
