#include "sources/dump/name_pattern.hpp"

#include "core/failure.hpp"

#include <string>

namespace backupwatch {
namespace {

/// What pg_dump takes for a regular expression, and we do not.
constexpr std::string_view refused = "|+()[]{}^\\";

Failure unreadable(std::string_view pattern, const std::string& why) {
    return {
        Failure::Kind::rejected,
        "cannot read the pattern \"" + std::string(pattern) + "\": " + why,
        "Write it as schema.table, with * and ? where names vary, in double quotes what is to be "
        "taken as it is."};
}

char small_letter(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

NamePattern::NamePattern(std::string_view text) : parts_(1) {
    using Kind = Glyph::Kind;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (letter == '"') {
            const bool doubled = quoted && text.substr(i + 1).starts_with('"');
            if (doubled) parts_.back().push_back({Kind::letter, text[++i]});
            if (!doubled) quoted = !quoted;
        } else if (quoted) {
            parts_.back().push_back({Kind::letter, letter});
        } else if (letter == '.') {
            parts_.emplace_back();
        } else if (letter == '*') {
            parts_.back().push_back({Kind::any_text, letter});
        } else if (letter == '?') {
            parts_.back().push_back({Kind::any_letter, letter});
        } else if (refused.find(letter) != std::string_view::npos) {
            throw unreadable(text, std::string("it has a ") + letter + ", of a regular expression");
        } else {
            parts_.back().push_back({Kind::letter, small_letter(letter)});
        }
    }
    if (quoted) throw unreadable(text, "its last double quote has no end");
    if (parts_.size() > 2) throw unreadable(text, "it has more parts than a schema and a table");
    for (const Glyphs& part : parts_) {
        if (part.empty()) throw unreadable(text, "a part of it is empty");
    }
}

bool NamePattern::matches(std::string_view schema, std::string_view table) const {
    return matches(parts_.back(), table) && (parts_.size() == 1 || matches(parts_.front(), schema));
}

bool NamePattern::matches(const Glyphs& pattern, std::string_view text) {
    // Upon a mismatch the last star takes one more character: linear in practice, never
    // exponential.
    constexpr auto none = static_cast<std::size_t>(-1);
    const auto fits = [](const Glyph& glyph, char letter) {
        return glyph.kind == Glyph::Kind::any_letter ||
               (glyph.kind == Glyph::Kind::letter && glyph.letter == letter);
    };
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = none;
    std::size_t taken = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p].kind == Glyph::Kind::any_text) {
            star = p++;
            taken = t;
        } else if (p < pattern.size() && fits(pattern[p], text[t])) {
            ++p;
            ++t;
        } else if (star != none) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p].kind == Glyph::Kind::any_text) ++p;
    return p == pattern.size();
}

}  // namespace backupwatch
