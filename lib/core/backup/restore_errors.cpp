#include "core/backup/restore_errors.hpp"

#include "core/backup/debian_package.hpp"
#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <array>

namespace backupwatch {
namespace {

constexpr std::size_t most_shown = 100;
constexpr std::size_t most_notes = 50;
constexpr std::size_t most_missing = 20;

/// A right or a comment: what it is for is told where that itself fails.
bool is_remark(const RestoreError& error) {
    constexpr std::array beginnings{
        "GRANT ", "REVOKE ", "COMMENT ON ", "SECURITY LABEL ", "ALTER DEFAULT PRIVILEGES "};
    return std::ranges::any_of(beginnings, [&](std::string_view beginning) {
        return error.statement.starts_with(beginning);
    });
}

}  // namespace

MissingHere missing_extension(const std::string& extension, int major) {
    const std::string name = clean_line(extension);
    const std::string server = "PostgreSQL " + std::to_string(major);
    return {
        "the extension " + name + " is not installed for " + server + " here",
        install_extension(name, major),
    };
}

void RestoreErrors::add(const RestoreError& error, std::string shown) {
    const TriagedError triaged = triage(error, major_);
    switch (triaged.error_class) {
        case RestoreErrorClass::harmless: {
            if (triaged.what.empty()) return;
            const std::pair key(clean_line(triaged.what), triaged.why);
            if (harmless_.size() < most_notes || harmless_.contains(key)) {
                ++harmless_[key];
            } else {
                ++other_harmless_;
            }
            return;
        }
        case RestoreErrorClass::missing_here: {
            const MissingHere missing{
                clean_line("the " + triaged.what + " is " + triaged.why),
                clean_line(triaged.installing)};
            const bool is_new = std::ranges::find(missing_, missing) == missing_.end();
            if (is_new && missing_.size() < most_missing) missing_.push_back(missing);
            return;
        }
        case RestoreErrorClass::dangling:
        case RestoreErrorClass::damage:
            break;
    }
    Kind kind = Kind::damage;
    if (triaged.error_class == RestoreErrorClass::dangling) {
        const bool is_aside = is_remark(error) || error.about_member;
        kind = is_aside ? Kind::dangling_remark : Kind::dangling;
    }
    // Of each kind as many: what follows from something else must not crowd out damage.
    if (++counts_[kind] > most_shown) return;
    if (shown.empty()) shown = "an error without words";
    shown_.push_back({kind, std::move(shown)});
}

RestoreErrors::Sorted RestoreErrors::sorted(const std::set<std::string>& left_out) const {
    Sorted result;
    for (const auto& [what, count] : harmless_) {
        const std::string times = count > 1 ? " (" + std::to_string(count) + " times)" : "";
        result.notes.push_back({what.first + times, what.second});
    }
    if (other_harmless_ > 0) {
        result.notes.push_back(
            {"owners, rights and comments", std::to_string(other_harmless_) + " more"}
        );
    }
    result.missing = missing_;
    if (result.missing.empty() && has(Kind::dangling)) {
        for (const std::string& extension : left_out) {
            result.missing.push_back(missing_extension(extension, major_));
        }
    }
    const bool follows = !result.missing.empty();
    const auto is_damage = [&](Kind kind) {
        if (kind == Kind::damage) return true;
        return !follows && (kind == Kind::dangling || left_out.empty());
    };
    for (const auto& [kind, text] : shown_) {
        if (is_damage(kind)) result.damage.push_back(text);
    }
    std::size_t unlisted = 0;
    for (const auto& [kind, count] : counts_) {
        if (is_damage(kind) && count > most_shown) unlisted += count - most_shown;
    }
    if (unlisted > 0) {
        result.damage.push_back("and " + std::to_string(unlisted) + " more errors");
    }
    if (has(Kind::dangling_remark) && !follows && !left_out.empty()) {
        result.notes.push_back({
            "what belongs to extensions (" + std::to_string(counts_.at(Kind::dangling_remark)) +
                ")",
            "they were left out",
        });
    }
    return result;
}

std::pair<std::string, std::string> in_words(const std::vector<MissingHere>& missing) {
    std::vector<std::string> sentences;
    std::vector<std::string> installing;
    for (const MissingHere& one : missing) {
        sentences.push_back(one.sentence);
        const bool is_new = std::ranges::find(installing, one.installing) == installing.end();
        if (is_new) installing.push_back(one.installing);
    }
    return {listed(sentences), listed(installing) + ", then drill again."};
}

}  // namespace backupwatch
