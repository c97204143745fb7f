#include "core/text.hpp"
#include "core/wording/pieces.hpp"
#include "core/wording/wording.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace backupwatch {
namespace {

/// What all have in common is told once, and shortly.
constexpr std::size_t longest_summary = 200;
/// Around the names: title, state, since and advice.
constexpr std::size_t frame = 1200;

/// How it stands, the most severe first.
using Standing = std::pair<int, std::string>;

Standing standing_of(const Notice& notice) {
    switch (notice.kind) {
        case NoticeKind::recovery:
            return {10, "RECOVERED"};
        case NoticeKind::passed_by:
            return {11, "FAILED AND RECOVERED"};
        case NoticeKind::unwatched:
            return {12, "NO LONGER WATCHED"};
        case NoticeKind::acknowledged:
            return {13, "ACKNOWLEDGED"};
        case NoticeKind::digest:
            return {14, "DIGEST"};
        case NoticeKind::test:
            return {15, "TEST"};
        case NoticeKind::noted:
            return {16, "NOTE"};
        default:
            return {-static_cast<int>(notice.severity), in_capitals(notice.severity)};
    }
}

/// Incidents that are told on one line.
struct Group {
    std::vector<std::string> names;
    std::set<std::string> summaries;
};
/// By standing, check and set; of a set that only one database has, the set is empty and the
/// name holds it.
using Place = std::tuple<Standing, std::string, std::string>;

std::string with_members(std::string name, const Notice& notice) {
    const std::vector<std::string> members = cleaned_names(notice.members);
    if (members.empty()) return name;
    return name + " (makes fail: " + all_of(members) + ")";
}

std::map<Place, Group> grouped(std::span<const Notice> notices) {
    std::map<Place, std::size_t> in_set;
    std::vector<IncidentKey> keys;
    for (const Notice& notice : notices) {
        keys.push_back(cleaned(notice.key));
        ++in_set[{standing_of(notice), keys.back().check, keys.back().set}];
    }
    std::map<Place, Group> groups;
    for (std::size_t i = 0; i < notices.size(); ++i) {
        Place place{standing_of(notices[i]), keys[i].check, keys[i].set};
        const bool is_alone = in_set.at(place) == 1 || keys[i].database.empty();
        if (is_alone) std::get<2>(place).clear();
        Group& group = groups[place];
        const std::string name = is_alone ? target_of(keys[i]) : keys[i].database;
        group.names.push_back(with_members(name, notices[i]));
        // Two are enough to know that there is nothing in common.
        if (group.summaries.size() < 2) {
            group.summaries.insert(cut(clean_line(notices[i].summary), longest_summary));
        }
    }
    return groups;
}

std::string head_of(const Place& place, std::size_t count) {
    const auto& [standing, check, set] = place;
    std::string text = standing.second + " " + check;
    if (!set.empty()) text += " of the set " + set;
    return text + " (" + std::to_string(count) + "): ";
}

std::string line_of(const Place& place, const Group& group) {
    std::string text = head_of(place, group.names.size());
    for (std::size_t i = 0; i < group.names.size(); ++i) {
        text += (i == 0 ? "" : ", ") + group.names[i];
    }
    const bool has_common = group.summaries.size() == 1 && !group.summaries.begin()->empty();
    if (!has_common) return text;
    return text + (group.names.size() > 1 ? " \u2013 all: " : " \u2013 ") +
           *group.summaries.begin();
}

/// `10 critical, 2 recovered`.
std::string counts_of(std::span<const Notice> notices) {
    std::map<Standing, std::size_t> counts;
    for (const Notice& notice : notices) ++counts[standing_of(notice)];
    std::string text;
    for (const auto& [standing, count] : counts) {
        std::string name = standing.second;
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
    }
    return text;
}

}  // namespace

Wording word(std::span<const Notice> notices, Instant now) {
    Wording wording;
    const std::string counts = counts_of(notices);
    wording.title = "backupwatch, several at once: " + counts;
    wording.state = counted(notices.size(), "incident") + " at once: " + counts +
                    ". Each is named below, the most severe first.";
    const Notice* first = nullptr;
    for (const Notice& notice : notices) {
        const bool is_open = standing_of(notice).first <= 0;
        if (is_open && (!first || notice.since < first->since)) first = &notice;
    }
    if (first) {
        wording.since = "The first is failing since " + moment_and_age(first->since, now) + ".";
        wording.to_do.push_back({"See what they have in common", "backupwatch status", ""});
        wording.to_do.push_back(
            {"See each of them, and its number for acknowledge", "backupwatch incidents", ""}
        );
    }
    for (const auto& [place, group] : grouped(notices)) {
        wording.details.push_back(line_of(place, group));
    }
    return wording;
}

std::size_t fitting(std::span<const Notice> notices, std::size_t bytes) {
    std::size_t used = frame;
    std::map<Place, int> seen;
    for (std::size_t i = 0; i < notices.size(); ++i) {
        const Notice& notice = notices[i];
        const Place place{standing_of(notice), notice.key.check, notice.key.set};
        Place shared = place;
        std::get<2>(shared).clear();
        const std::size_t line = head_of(place, notices.size()).size() +
                                 std::min(notice.summary.size(), longest_summary * 4) + 20;
        for (const std::string& member : notice.members) used += member.size() + 5;
        if (!notice.members.empty()) used += 20;
        if (++seen[shared] == 1) used += line;
        const bool is_in_company = shared != place && ++seen[place] >= 2;
        if (is_in_company && seen[place] == 2) used += line;
        // Where a line is its set's alone, the set is not said again.
        const bool is_short = is_in_company && !notice.key.database.empty();
        used += (is_short ? notice.key.database : target_of(notice.key)).size() + 2;
        if (used > bytes) return std::max<std::size_t>(i, 1);
    }
    return notices.size();
}

}  // namespace backupwatch
